package localserver

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
)

// Free ports are looked for below the range from which Linux takes the ports of
// outgoing connections (32768 on, by default): one found there can be gone a
// moment later to any connection of this machine.
const (
	firstPort = 20000
	lastPort  = 32000
)

// portTries is how often a server is started on another port when the one found
// free was taken before it could listen.
const portTries = 3

// taken holds the ports that this process has given out.
var taken sync.Map

var errNoPort = errors.New("none of those tried is free")

// FreePort finds a port of 127.0.0.1 on which nothing listens. A port is given
// out once.
func FreePort() (int, error) {
	last := errNoPort
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if _, given := taken.LoadOrStore(port, true); given {
			continue
		}
		lis, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // closed at once
		if err != nil {
			last = err
			continue
		}
		return port, lis.Close()
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}

// onFreePort starts something on a free port, again on another when that was
// taken in between.
func onFreePort(start func(port int) error) error {
	for try := 1; ; try++ {
		port, err := FreePort()
		if err != nil {
			return err
		}
		err = start(port)
		if err == nil || try == portTries || !strings.Contains(strings.ToLower(err.Error()), "address already in use") {
			return err
		}
	}
}
