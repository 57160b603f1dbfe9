//go:build !linux

package tcptimeout

import (
	"syscall"
	"time"
)

// Control does nothing here: only Linux knows a TCP user timeout.
func Control(time.Duration) func(network, address string, raw syscall.RawConn) error { return nil }
