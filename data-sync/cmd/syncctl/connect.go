package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
	"aecode/common/rpcclient"
	"aecode/proto/datasync"
)

// A server is the connection to data-sync's replicas.
type server struct {
	datasync.DataSyncClient
	conn        *grpc.ClientConn
	callTimeout time.Duration
}

func (set *settings) connect() (*server, error) {
	if set.callTimeout <= 0 {
		return nil, &exitError{exitUsage, fmt.Errorf("--call-timeout must be positive, is %v", set.callTimeout)}
	}
	target, err := rpcclient.Target(set.server)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--server: %w", err)}
	}
	credentials, err := set.credentials()
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	// Each try, and each new watch, goes to the next replica that serves.
	conn, err := grpc.NewClient(target, append(rpcclient.DialOptions(rpcclient.RoundRobin),
		grpc.WithTransportCredentials(credentials))...)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--server %s: %w", set.server, err)}
	}
	return &server{DataSyncClient: datasync.NewDataSyncClient(conn), conn: conn, callTimeout: set.callTimeout}, nil
}

func (s *server) close() { _ = s.conn.Close() } // nothing is in flight any more

// call runs one call with a deadline for each try. Every call of syncctl may be
// sent again: it reads, or names its own identity.
func call[T any](ctx context.Context, s *server, fn func(context.Context) (T, error)) (T, error) {
	return callWithin(ctx, s, 6*s.callTimeout, 5, fn)
}

// callWithin is call with bounds of its own: for all tries together, and their
// number.
func callWithin[T any](ctx context.Context, s *server, total time.Duration, tries int, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, total)
	defer cancel()
	return retry.DoValue(ctx, retry.Policy{
		MaxAttempts:    tries,
		AttemptTimeout: s.callTimeout,
		Backoff:        retry.Backoff{Base: 200 * time.Millisecond, Cap: 2 * time.Second},
	}, fn)
}

// with runs fn on a connection that is closed afterwards.
func (set *settings) with(fn func(*server) error) error {
	s, err := set.connect()
	if err != nil {
		return err
	}
	defer s.close()
	return fn(s)
}

// prefaceLost is what gRPC says of a server that takes a connection and ends it,
// as one with TLS does to plaintext.
const prefaceLost = "error reading server preface"

// describe says an error in an operator's words: for a gRPC error its message
// and the fields at fault, without the layers in between.
func describe(err error) string {
	st, ok := status.FromError(err)
	if !ok || st.Code() == codes.Unknown {
		return err.Error()
	}
	message := st.Message()
	var tried *retry.Error
	if errors.As(err, &tried) {
		if inner, ok := status.FromError(tried.Last); ok && tried.Last != nil {
			message = inner.Message()
		}
		if tried.Attempts > 1 {
			message += fmt.Sprintf(" (%d tries)", tried.Attempts)
		}
	}
	if st.Code() == codes.Unavailable && strings.Contains(message, prefaceLost) && !strings.Contains(message, "remote error: tls") {
		message += "; where data-sync speaks TLS, give --tls-cert, --tls-key and --tls-ca"
	}
	var fields []string
	for _, detail := range st.Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				if !strings.Contains(message, v.GetField()) {
					fields = append(fields, v.GetField()+": "+v.GetDescription())
				}
			}
		}
	}
	if len(fields) > 0 {
		message += " [" + strings.Join(fields, "; ") + "]"
	}
	return fmt.Sprintf("%s: %s", st.Code(), message)
}
