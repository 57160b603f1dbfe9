package rpcclient

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// giveUpUnacked sets TCP_USER_TIMEOUT, which breaks a connection whose data
// nobody acknowledges, instead of sending it again for a quarter of an hour.
func giveUpUnacked(_, _ string, raw syscall.RawConn) error {
	var set error
	err := raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacked.Milliseconds())) //nolint:gosec // a descriptor fits
	})
	if err != nil {
		return err
	}
	return set
}
