package config

import "github.com/zeromicro/go-zero/core/service"

// Operations returns the address of /metrics and /healthz.
func (c Config) Operations() service.DevServerConfig { return c.DevServer }
