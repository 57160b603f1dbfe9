//go:build !linux

package tcptimeout

import (
	"syscall"
	"time"
)

// Control returns nil, which does nothing: only Linux has a TCP user timeout.
func Control(time.Duration) func(network, address string, raw syscall.RawConn) error { return nil }
