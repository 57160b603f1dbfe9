package stack

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"aecode/common/testsupport/localserver"
)

// portTries is how often a service is started on other ports when the ones
// found free were taken before it could listen.
const portTries = 3

// onPorts starts a service on the address given, or on free ports, again on
// others when those were taken in between.
func onPorts(listen string, start func(addr, metrics string) error) error {
	for try := 1; ; try++ {
		addr, metrics, err := addresses(listen)
		if err != nil {
			return err
		}
		err = start(addr, metrics)
		if err == nil || listen != "" || try == portTries || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
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

// freeAddress is a loopback port on which nothing listens, given out once.
func freeAddress() (string, error) {
	port, err := localserver.FreePort()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}
