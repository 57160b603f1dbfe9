// Package metrics counts the changes of releases and lists for Prometheus. No label
// ever holds a verbatim or a path.
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
			Name: "aecode_release_refused_total", Help: "Releases and lists that were refused, by what was refused. The releases and lists in use do not change.",
		}, []string{"what"}),
		changed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "aecode_release_changed_total", Help: "Releases and lists that were loaded or dropped without a restart, by change.",
		}, []string{"change"}),
	}
	// An alert sees a series rise from 0 only if it exists before its first event.
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

// Event counts an event.
func (m *Metrics) Event(e catalog.Event) {
	if what, ok := refusals[e.Kind]; ok {
		m.refused.WithLabelValues(what).Inc()
		return
	}
	m.changed.WithLabelValues(string(e.Kind)).Inc()
}
