package tcptimeout

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Control is for [net.Dialer].Control: it sets TCP_USER_TIMEOUT, so that a
// connection breaks once data has been unacknowledged for d. Elsewhere than on
// Linux it does nothing.
func Control(d time.Duration) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var set error
		err := raw.Control(func(fd uintptr) {
			set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds())) //nolint:gosec // a descriptor fits
		})
		if err != nil {
			return err
		}
		return set
	}
}
