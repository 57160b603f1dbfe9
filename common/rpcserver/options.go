package rpcserver

import (
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/credentials"

	"aecode/common/mtls"
)

// The defaults of Options.
const (
	defaultRetryAfter       = 100 * time.Millisecond
	defaultMaxConnections   = 1024
	defaultHandshakeTimeout = 10 * time.Second
	// defaultConnectionAge is short, so that a new replica soon gets its share of
	// a client's calls.
	defaultConnectionAge = 10 * time.Second
)

// maxMessageBytes is the size of the largest request accepted.
const maxMessageBytes = 4 << 20

// Options are the settings of a server that go-zero's configuration does not
// have.
type Options struct {
	// MaxInFlight is the maximum number of unary calls that run at once, at least
	// 1. A call over the limit is answered ResourceExhausted with RetryInfo. Health
	// calls do not count.
	MaxInFlight int
	// MaxStreams is the same limit for streams, at least 1. Streams do not count
	// toward MaxInFlight. Health watches do not count.
	MaxStreams int
	// RetryAfter is the delay in that RetryInfo; 0 means 100 ms.
	RetryAfter time.Duration
	// MaxConnections is the maximum number of open connections; 0 means 1024.
	MaxConnections int
	// Credentials authenticate the service and its clients; nil means plaintext, on
	// loopback only.
	Credentials credentials.TransportCredentials
	// HandshakeTimeout limits the time from accepting a connection until it can be
	// used. It closes the connection of a client that sends nothing; 0 means 10 s.
	HandshakeTimeout time.Duration
	// Ready says whether the service can serve. It is required.
	Ready *Readiness
	// ConnectionAge is the age, plus or minus a tenth, at which a connection
	// accepts no new calls; 0 means 10 s.
	ConnectionAge time.Duration
	// LongestStream is how long calls and streams in flight on such a connection
	// may continue before they are cut. It is at least the timeout of unary calls
	// plus 1 s; a lower value means that.
	LongestStream time.Duration
}

// withDefaults returns o with defaults for zero values, or an error that names
// the option at fault.
func (o Options) withDefaults() (Options, error) {
	if o.MaxInFlight < 1 {
		return o, fmt.Errorf("MaxInFlight must be at least 1, is %d", o.MaxInFlight)
	}
	if o.MaxStreams < 1 {
		return o, fmt.Errorf("MaxStreams must be at least 1, is %d", o.MaxStreams)
	}
	if o.Ready == nil {
		return o, errors.New("Ready must not be nil")
	}
	if o.RetryAfter == 0 {
		o.RetryAfter = defaultRetryAfter
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = defaultMaxConnections
	}
	if o.Credentials == nil {
		o.Credentials = mtls.Loopback()
	}
	if o.HandshakeTimeout == 0 {
		o.HandshakeTimeout = defaultHandshakeTimeout
	}
	if o.ConnectionAge == 0 {
		o.ConnectionAge = defaultConnectionAge
	}
	return o, nil
}
