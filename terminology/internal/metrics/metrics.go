// Package metrics counts for Prometheus what becomes of releases and lists. No
// label ever holds a verbatim or a path.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"aecode/terminology/internal/catalog"
)

// Metrics counts the events of a catalog.
type Metrics struct {
	refused *prometheus.CounterVec
	changed *prometheus.CounterVec
}

// New registers the metrics with r.
func New(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aecode_release_refused_total", Help: "Releases and lists that were not taken up, by what was refused; what was served is served on.",
		}, []string{"what"}),
		changed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aecode_release_changed_total", Help: "Changes of what is served without a restart.",
		}, []string{"change"}),
	}
	// A series that is there before its first event is one that an alert can see
	// rise from 0.
	for _, what := range refusals {
		m.refused.WithLabelValues(what)
	}
	for _, kind := range []catalog.Kind{catalog.TakenUp, catalog.Dropped, catalog.ListsTakenUp} {
		m.changed.WithLabelValues(string(kind))
	}
	r.MustRegister(m.refused, m.changed)
	return m
}

var refusals = map[catalog.Kind]string{catalog.Refused: "release", catalog.ListsRefused: "lists", catalog.Unreadable: "library"}

// Event counts one.
func (m *Metrics) Event(e catalog.Event) {
	if what, ok := refusals[e.Kind]; ok {
		m.refused.WithLabelValues(what).Inc()
		return
	}
	m.changed.WithLabelValues(string(e.Kind)).Inc()
}
