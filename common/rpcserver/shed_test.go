package rpcserver

import (
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// shedWith fails unless err, as a client has it, is a refusal that says when to
// come again.
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
