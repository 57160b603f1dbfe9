// Package svc holds what the calls of terminology share.
package svc

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/zeromicro/go-zero/core/logx"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/config"
	"aecode/terminology/internal/metrics"
)

// ServiceContext is what the calls of terminology share.
type ServiceContext struct {
	Config config.Config
	// Catalog keeps the releases and lists that are served. A call asks it for the
	// current ones once, so that all of its answer is of one state.
	Catalog *catalog.Keeper
}

// NewServiceContext returns one that has read nothing yet. A process has one: it
// registers its metrics.
func NewServiceContext(c config.Config) *ServiceContext {
	counted := metrics.New(prometheus.DefaultRegisterer)
	return &ServiceContext{Config: c, Catalog: catalog.NewKeeper(catalog.Config{
		Release: c.Dictionaries.Release, Library: c.Dictionaries.Library, Default: c.Dictionaries.Default,
		Synonyms: c.Synonyms, DoNotAutocode: c.DoNotAutocode, OptIn: c.OptIn, CacheEntries: c.CacheEntries,
	}, func(e catalog.Event) {
		counted.Event(e)
		tell(e)
	})}
}

// Load reads the releases and lists. No call may use the context before.
func (s *ServiceContext) Load() error {
	warnings, err := s.Catalog.Load()
	for _, w := range warnings {
		logx.Info(w)
	}
	return err
}

// Keep takes up what changes of releases and lists until ctx ends.
func (s *ServiceContext) Keep(ctx context.Context) {
	if every := s.Config.Dictionaries.Rescan; every > 0 {
		s.Catalog.Watch(ctx, every)
	}
}

// tell logs an event of the catalog for the operator.
func tell(e catalog.Event) {
	switch {
	case e.Err != nil:
		logx.Errorf("%s %s: %v; what was served is served on", e.Kind, e.Release, e.Err)
	case e.Release != "":
		logx.Infof("release %s: %s", e.Release, e.Kind)
	default:
		logx.Infof("%s", e.Kind)
	}
	for _, w := range e.Warnings {
		logx.Info(w)
	}
}
