// Package svc holds what the calls of terminology share.
package svc

import (
	"github.com/zeromicro/go-zero/core/logx"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/config"
)

// ServiceContext is what the calls of terminology share.
type ServiceContext struct {
	Config config.Config
	// Catalog is set by Load.
	Catalog *catalog.Catalog
}

// NewServiceContext returns one that has read nothing yet.
func NewServiceContext(c config.Config) *ServiceContext { return &ServiceContext{Config: c} }

// Load reads the releases and lists. No call may use the context before.
func (s *ServiceContext) Load() error {
	c := s.Config
	held, warnings, err := catalog.Open(catalog.Config{
		Release: c.Dictionaries.Release, Library: c.Dictionaries.Library, Default: c.Dictionaries.Default,
		Synonyms: c.Synonyms, DoNotAutocode: c.DoNotAutocode, CacheEntries: c.CacheEntries,
	})
	if err != nil {
		return err
	}
	for _, w := range warnings {
		logx.Info(w)
	}
	s.Catalog = held
	return nil
}
