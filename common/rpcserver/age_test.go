package rpcserver

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
)

func TestAConnectionThatReachesItsAgeCostsNoCallAndNoStream(t *testing.T) {
	ready := NewReadiness()
	ready.Set(true)
	s := start(t, &echoing{wait: 5 * time.Millisecond}, Options{
		Ready: ready, ConnectionAge: 100 * time.Millisecond, LongestStream: 10 * time.Second,
	})
	if err := s.say(t); err != nil {
		t.Fatal(err)
	}
	stream, err := s.conn.NewStream(t.Context(), countStream, "/test.Echo/Count")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(stream.SendMsg(&grpc_health_v1.HealthCheckRequest{}), stream.CloseSend()); err != nil {
		t.Fatal(err)
	}
	// About twenty connections in a row, with calls without a pause and without
	// retries.
	end := time.Now().Add(2 * time.Second)
	var calls atomic.Int64
	var connections sync.Map
	var load sync.WaitGroup
	for range 8 {
		load.Go(func() {
			for time.Now().Before(end) {
				var at peer.Peer
				if err := s.say(t, grpc.Peer(&at)); err != nil {
					t.Errorf("a call was lost: %v", err)
					return
				}
				calls.Add(1)
				connections.Store(at.LocalAddr.String(), true)
			}
		})
	}
	got := 0
	for ; ; got++ {
		if err := stream.RecvMsg(&grpc_health_v1.HealthCheckResponse{}); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the stream was cut after %d messages: %v", got, err)
		}
	}
	if got != 20 {
		t.Errorf("the stream brought %d messages of 20", got)
	}
	load.Wait()
	lives := 0
	connections.Range(func(any, any) bool { lives++; return true })
	if lives < 10 {
		t.Errorf("only %d connections: they do not end at their age", lives)
	}
	t.Logf("%d calls on %d connections", calls.Load(), lives)
}
