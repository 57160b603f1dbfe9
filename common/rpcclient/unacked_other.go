//go:build !linux

package rpcclient

import "syscall"

// giveUpUnacked does nothing: only Linux knows a TCP user timeout.
func giveUpUnacked(_, _ string, _ syscall.RawConn) error { return nil }
