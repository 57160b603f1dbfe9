// Package svc holds what the calls of terminology share.
package svc

import (
	"context"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/logx"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/config"
	"aecode/terminology/internal/metrics"
)

// ServiceContext is what the calls of terminology share.
type ServiceContext struct {
	// Catalog keeps the releases and lists that are served. A call asks it for the
	// current catalog once, so that its whole answer is from one state.
	Catalog *catalog.Keeper
}

// NewServiceContext returns a context whose catalog is not loaded yet. A process has
// one, since it registers its metrics.
func NewServiceContext(c config.Config) *ServiceContext {
	m := metrics.New(prometheus.DefaultRegisterer)
	return &ServiceContext{Catalog: catalog.NewKeeper(c.Config, func(e catalog.Event) {
		m.Event(e)
		logEvent(e)
	})}
}

// Readiness receives whether the service can serve. Set reports whether that is a
// change.
type Readiness interface {
	Set(ready bool) (changed bool)
}

// Run loads the releases and lists, sets ready, and then loads what changes until
// ctx ends. The error says which release or list is faulty. If ctx ends while Run
// loads, it returns nil at once and does not wait: loading cannot be interrupted.
func (s *ServiceContext) Run(ctx context.Context, ready Readiness) error {
	loaded := make(chan error, 1)
	go func() { loaded <- s.load() }()
	select {
	case <-ctx.Done():
		return nil
	case err := <-loaded:
		if err != nil {
			return err
		}
	}
	ready.Set(true)
	logx.Infof("terminology is ready, serves %s", s.labels())
	s.Catalog.Watch(ctx)
	return nil
}

func (s *ServiceContext) load() error {
	warnings, err := s.Catalog.Load()
	for _, w := range warnings {
		logx.Info(w)
	}
	return err
}

// labels gives the labels of the releases that are served, separated by commas.
func (s *ServiceContext) labels() string {
	var all []string
	for _, e := range s.Catalog.Current().Entries() {
		all = append(all, e.Version.Label)
	}
	return strings.Join(all, ", ")
}

// logEvent logs a change of the catalog.
func logEvent(e catalog.Event) {
	switch {
	case e.Err != nil:
		logx.Errorf("%s %s: %v; the releases and lists in use do not change", e.Kind, e.Release, e.Err)
	case e.Release != "":
		logx.Infof("release %s: %s", e.Release, e.Kind)
	default:
		logx.Infof("%s", e.Kind)
	}
	for _, w := range e.Warnings {
		logx.Info(w)
	}
}
