package config

import "github.com/zeromicro/go-zero/core/service"

// Operations is where /metrics and /healthz are.
func (c Config) Operations() service.DevServerConfig { return c.DevServer }
