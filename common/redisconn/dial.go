package redisconn

import (
	"context"
	"crypto/tls"
	"net"
	"time"
)

// keepAlive detects a dead connection within 8 seconds, even if it is idle in the
// pool. After a network failure that sends no error, each such connection would
// otherwise cost a call its whole timeout, long after the network has recovered.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: time.Second, Count: 3}

// dialer returns a function that opens connections, with TLS if conf is not nil.
// It differs from the dialer of go-redis in three ways: it sets keepAlive, each
// handshake uses the certificates that conf returns at that time, and the
// handshake ends with the context and counts toward the timeout.
func dialer(timeout time.Duration, conf func() *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: timeout, KeepAliveConfig: keepAlive}
	if conf == nil {
		return plain.DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return (&tls.Dialer{NetDialer: plain, Config: conf()}).DialContext(ctx, network, addr)
	}
}
