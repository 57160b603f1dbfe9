package rpcserver

import (
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// shedWith fails the test unless err, as the client sees it, is a refusal that
// says when to retry.
func shedWith(t *testing.T, err error, after time.Duration) {
	t.Helper()
	st := status.Convert(err)
	if st.Code() != codes.ResourceExhausted || len(st.Details()) != 1 {
		t.Errorf("%v, want ResourceExhausted with one detail", err)
		return
	}
	if info, ok := st.Details()[0].(*errdetails.RetryInfo); !ok || info.GetRetryDelay().AsDuration() != after {
		t.Errorf("detail %v, want RetryInfo of %v", st.Details()[0], after)
	}
}

func TestCallsOverTheLimitAreToldOnTheWireWhenToComeAgain(t *testing.T) {
	const limit, calls = 3, 6 // a connection carries twice the limit
	ready := NewReadiness()
	ready.Set(true)
	e := &echoing{wait: time.Minute, entered: make(chan struct{}, calls), leave: make(chan struct{})}
	s := start(t, e, Options{Ready: ready, MaxInFlight: limit, RetryAfter: 70 * time.Millisecond})
	var held sync.WaitGroup
	for range limit {
		held.Go(func() {
			if err := s.say(t); err != nil {
				t.Errorf("a call within the limit: %v", err)
			}
		})
	}
	for range limit {
		<-e.entered
	}
	for range calls - limit {
		shedWith(t, s.say(t), 70*time.Millisecond)
	}
	close(e.leave)
	held.Wait()
	if err := s.say(t); err != nil {
		t.Errorf("after the others have ended: %v", err)
	}
}

func TestStreamsOverTheirOwnLimitAreShedAndTakeNoPlaceOfACall(t *testing.T) {
	const limit = 2
	ready := NewReadiness()
	ready.Set(true)
	s := start(t, &echoing{}, Options{Ready: ready, MaxInFlight: 1, MaxStreams: limit, RetryAfter: 70 * time.Millisecond})
	// watch opens a stream and returns the error of its first message.
	watch := func() (grpc.ClientStream, error) {
		stream, err := s.conn.NewStream(t.Context(), countStream, "/test.Echo/Count", grpc.WaitForReady(true))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(stream.SendMsg(&grpc_health_v1.HealthCheckRequest{}), stream.CloseSend()); err != nil {
			t.Fatal(err)
		}
		return stream, stream.RecvMsg(&grpc_health_v1.HealthCheckResponse{})
	}
	var open []grpc.ClientStream
	for range limit {
		stream, err := watch()
		if err != nil {
			t.Fatalf("a stream within the limit: %v", err)
		}
		open = append(open, stream)
	}
	_, err := watch()
	shedWith(t, err, 70*time.Millisecond)
	if err := s.say(t); err != nil {
		t.Errorf("a call while the streams are all taken: %v", err)
	}
	for _, stream := range open {
		for err = nil; err == nil; {
			err = stream.RecvMsg(&grpc_health_v1.HealthCheckResponse{})
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("a stream within the limit ended with %v", err)
		}
	}
	if _, err := watch(); err != nil {
		t.Errorf("after the others have ended: %v", err)
	}
}
