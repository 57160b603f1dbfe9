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
	// keeper is set by Load; a fixed catalog takes its place in tests.
	keeper *catalog.Keeper
	fixed  *catalog.Catalog
}

// NewServiceContext returns one that has read nothing yet.
func NewServiceContext(c config.Config) *ServiceContext { return &ServiceContext{Config: c} }

// Serving returns one that serves a catalog as it is.
func Serving(held *catalog.Catalog) *ServiceContext { return &ServiceContext{fixed: held} }

// Catalog is what is served now. A call asks for it once, so that all of its
// answer is of one state.
func (s *ServiceContext) Catalog() *catalog.Catalog {
	if s.fixed != nil {
		return s.fixed
	}
	return s.keeper.Current()
}

// Load reads the releases and lists. No call may use the context before.
func (s *ServiceContext) Load() error {
	c := s.Config
	counted := metrics.New(prometheus.DefaultRegisterer)
	keeper, warnings, err := catalog.NewKeeper(catalog.Config{
		Release: c.Dictionaries.Release, Library: c.Dictionaries.Library, Default: c.Dictionaries.Default,
		Synonyms: c.Synonyms, DoNotAutocode: c.DoNotAutocode, OptIn: c.OptIn, CacheEntries: c.CacheEntries,
	}, func(e catalog.Event) {
		counted.Event(e)
		tell(e)
	})
	if err != nil {
		return err
	}
	for _, w := range warnings {
		logx.Info(w)
	}
	s.keeper = keeper
	return nil
}

// Keep takes up what changes of releases and lists until ctx ends.
func (s *ServiceContext) Keep(ctx context.Context) {
	if every := s.Config.Dictionaries.Rescan; every > 0 {
		s.keeper.Watch(ctx, every)
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
