package stack

import (
	"net"
	"strconv"
	"strings"

	"aecode/common/testsupport/localserver"
)

// portTries is the maximum number of starts of a service whose free ports were taken
// before it could listen.
const portTries = 3

// onPorts starts a service on the addresses given or on free ports. If free ports were
// taken meanwhile, it tries others.
func onPorts(listen, listenMetrics string, start func(addr, metrics string) error) error {
	for try := 1; ; try++ {
		addr, metrics, err := addresses(listen, listenMetrics)
		if err != nil {
			return err
		}
		err = start(addr, metrics)
		fixed := listen != "" && listenMetrics != ""
		if err == nil || fixed || try == portTries || !strings.Contains(err.Error(), "address already in use") {
			return err
		}
	}
}

// addresses gives the addresses of a service and of its metrics: those given, or free
// ones.
func addresses(listen, listenMetrics string) (addr, metrics string, err error) {
	addr, metrics = listen, listenMetrics
	if addr == "" {
		if addr, err = freeAddress(); err != nil {
			return "", "", err
		}
	}
	if metrics == "" {
		metrics, err = freeAddress()
	}
	return addr, metrics, err
}

// freeAddress gives a loopback address on which nothing listens, each only once.
func freeAddress() (string, error) {
	port, err := localserver.FreePort()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}
