package tcptimeout

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Control returns a function for [net.Dialer].Control that sets TCP_USER_TIMEOUT:
// a connection breaks when sent data has not been acknowledged for d, with a
// precision of 1 ms. On systems other than Linux it does nothing.
func Control(d time.Duration) func(network, address string, raw syscall.RawConn) error {
	return func(_, _ string, raw syscall.RawConn) error {
		var setErr error
		err := raw.Control(func(fd uintptr) {
			setErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
		})
		if err != nil {
			return err
		}
		return setErr
	}
}
