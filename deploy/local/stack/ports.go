package stack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
)

// portTries is how often a service is started on other ports when the ones
// found free were taken before it could listen.
const portTries = 3

// onPorts starts a service on the address given, or on free ports, again on
// others when those were taken in between.
func (s *Stack) onPorts(listen string, start func(addr, metrics string) error) error {
	for try := 1; ; try++ {
		addr, metrics, err := addresses(listen)
		if err != nil {
			return err
		}
		held := len(s.services)
		err = start(addr, metrics)
		if err == nil || listen != "" || try == portTries || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
		for _, v := range s.services[held:] {
			if v.process != nil {
				_ = v.process.stop(s.opts.Grace) // why it ended is known
			}
		}
		s.services = s.services[:held]
	}
}

// addresses gives where to listen, and where the metrics do.
func addresses(listen string) (addr, metrics string, err error) {
	if listen == "" {
		if addr, err = freeAddress(); err != nil {
			return "", "", err
		}
		metrics, err = freeAddress()
		return addr, metrics, err
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", "", fmt.Errorf("listen address: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", "", fmt.Errorf("listen address %s: %w", listen, err)
	}
	// The fixed ports of `make serve`: metrics 100 above.
	return listen, net.JoinHostPort(host, strconv.Itoa(n+100)), nil
}

// Free ports are looked for below the range from which Linux takes the ports of
// outgoing connections (32768 on, by default): one found there can be gone a
// moment later to any connection of this machine.
const (
	firstPort = 20000
	lastPort  = 32000
)

// taken holds the ports that this process has given out, so that stacks started
// side by side do not meet.
var taken sync.Map

// freeAddress finds a loopback port on which nothing listens.
func freeAddress() (string, error) {
	var last error
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
		return lis.Addr().String(), lis.Close()
	}
	return "", fmt.Errorf("find a free port: %w", errors.Join(errNoPort, last))
}

var errNoPort = errors.New("none of those tried is free")
