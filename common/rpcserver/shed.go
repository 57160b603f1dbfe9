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

// shedder limits the calls in flight and, separately, the streams. A stream can
// last a whole night, as a watch does, and must not take the slots of calls.
type shedder struct {
	calls, streams slots
	refused        error
}

// slots holds one element for each slot that is taken. Its capacity is the limit.
type slots chan struct{}

func newShedder(calls, streams int, retryAfter time.Duration) *shedder {
	st := status.New(codes.ResourceExhausted, "too many calls in flight, try again later")
	if detailed, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(retryAfter)}); err == nil {
		st = detailed
	}
	return &shedder{calls: make(slots, calls), streams: make(slots, streams), refused: st.Err()}
}

// enter takes a slot for a call of method. It returns false if none is free.
func (s slots) enter(method string) bool {
	if isHealth(method) {
		return true
	}
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// leave gives back the slot that enter took.
func (s slots) leave(method string) {
	if !isHealth(method) {
		<-s
	}
}

// isHealth reports whether method is one of the health service. Health is
// answered even if the server is full: a replica that sheds load is alive and
// must not be restarted.
func isHealth(method string) bool {
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
