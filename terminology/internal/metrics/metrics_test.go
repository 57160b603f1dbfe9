package metrics_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/metrics"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryEventIsCountedByWhatItIsAbout(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	m := metrics.New(registry)
	for _, kind := range []catalog.Kind{catalog.Refused, catalog.Refused, catalog.Unreadable, catalog.TakenUp, catalog.ListsTakenUp} {
		m.Event(catalog.Event{Kind: kind, Release: "/data/29.1"})
	}
	want := `
# HELP aecode_release_changed_total Releases and lists that were loaded or dropped without a restart, by change.
# TYPE aecode_release_changed_total counter
aecode_release_changed_total{change="dropped"} 0
aecode_release_changed_total{change="lists_taken_up"} 1
aecode_release_changed_total{change="taken_up"} 1
# HELP aecode_release_refused_total Releases and lists that were refused, by what was refused. The releases and lists in use do not change.
# TYPE aecode_release_refused_total counter
aecode_release_refused_total{what="library"} 1
aecode_release_refused_total{what="lists"} 0
aecode_release_refused_total{what="release"} 2
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}
