package rpcserver

import (
	"context"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// A shedder bounds the calls in flight, and apart from them the streams: those
// last, as a watch does a whole night, and are not to take the places of calls.
type shedder struct {
	calls, streams slots
	refused        error
}

// slots are places, each of which is taken or free.
type slots chan struct{}

func newShedder(calls, streams int, retryAfter time.Duration) *shedder {
	st := status.New(codes.ResourceExhausted, "too many calls in flight, try again later")
	if detailed, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)}); err == nil {
		st = detailed
	}
	return &shedder{calls: make(slots, calls), streams: make(slots, streams), refused: st.Err()}
}

func (s slots) enter(method string) bool {
	if exempt(method) {
		return true
	}
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) leave(method string) {
	if !exempt(method) {
		<-s
	}
}

// exempt keeps health answers coming while the server is full: a replica that
// sheds is alive and must not be restarted.
func exempt(method string) bool {
	return strings.HasPrefix(method, "/grpc.health.v1.Health/")
}

func (s *shedder) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if !s.calls.enter(info.FullMethod) {
		return nil, s.refused
	}
	defer s.calls.leave(info.FullMethod)
	return handler(ctx, req)
}

func (s *shedder) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	if !s.streams.enter(info.FullMethod) {
		return s.refused
	}
	defer s.streams.leave(info.FullMethod)
	return handler(srv, stream)
}
