// Package svc holds what the calls of terminology share.
package svc

import (
	"github.com/zeromicro/go-zero/core/logx"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/config"
)

// ServiceContext is what the calls of terminology share.
type ServiceContext struct {
	Config  config.Config
	Catalog *catalog.Catalog
}

// NewServiceContext reads the releases and lists.
func NewServiceContext(c config.Config) (*ServiceContext, error) {
	held, warnings, err := catalog.Open(catalog.Config{
		Release: c.Dictionaries.Release, Library: c.Dictionaries.Library, Default: c.Dictionaries.Default,
		Synonyms: c.Synonyms, DoNotAutocode: c.DoNotAutocode, CacheEntries: c.CacheEntries,
	})
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		logx.Info(w)
	}
	return &ServiceContext{Config: c, Catalog: held}, nil
}
