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

// FreePort searches below the range that Linux uses for outgoing connections
// (from 32768, by default). A free port in that range can be taken a moment later
// by any connection of this machine.
const (
	firstPort = 20000
	lastPort  = 32000
)

// maxStarts is how often a server is started, each time on another port, if the
// port is taken before the server listens on it.
const maxStarts = 3

// taken has the ports that FreePort has returned.
var taken sync.Map

var errNoPort = errors.New("none of the ports tried is free")

// FreePort returns a port of 127.0.0.1 on which nothing listens. It returns a port
// only once in the life of the process.
func FreePort() (int, error) {
	last := errNoPort
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		if _, given := taken.LoadOrStore(port, true); given {
			continue
		}
		lis, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))) //nolint:noctx // it is closed at once
		if err != nil {
			last = err
			continue
		}
		return port, lis.Close()
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}

// onFreePort calls start with a free port, and again with another one if the port
// was taken in between.
func onFreePort(start func(port int) error) error {
	for starts := 1; ; starts++ {
		port, err := FreePort()
		if err != nil {
			return err
		}
		err = start(port)
		if err == nil || starts == maxStarts || !strings.Contains(strings.ToLower(err.Error()), "address already in use") {
			return err
		}
	}
}
