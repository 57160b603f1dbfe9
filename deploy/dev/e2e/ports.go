package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are looked for below the range from which Linux takes those of outgoing
// connections. replicaPorts of them, one after the other, are for data-sync.
const (
	firstPort    = 20000
	lastPort     = 32000
	replicaPorts = 10
)

// freePorts gives a range of ports of loopback on which nothing listens, as
// DATASYNC_PORTS has it.
func freePorts(ctx context.Context) (string, error) {
	for range 200 {
		from := firstPort + rand.IntN(lastPort-firstPort-replicaPorts)
		if allFree(ctx, from) {
			return fmt.Sprintf("%d-%d", from, from+replicaPorts-1), nil
		}
	}
	return "", errors.New("no range of free ports was found for data-sync")
}

func allFree(ctx context.Context, from int) bool {
	for port := from; port < from+replicaPorts; port++ {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		_ = listener.Close() // only tried
	}
	return true
}
