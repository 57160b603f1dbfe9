package main

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"aecode/proto/datasync"
)

// replica is a data-sync that watches a run which another one works on.
type replica struct {
	datasync.UnimplementedDataSyncServer
	server   *grpc.Server
	health   *health.Server
	addr     string
	run      *atomic.Pointer[datasync.Run]
	watching atomic.Int64
	calls    atomic.Int64
	refuse   atomic.Bool
}

func (r *replica) WatchRun(_ *datasync.WatchRunReq, stream grpc.ServerStreamingServer[datasync.Run]) error {
	r.watching.Add(1)
	defer r.watching.Add(-1)
	for {
		run := r.run.Load()
		if err := stream.Send(run); err != nil {
			return err
		}
		if final(run.GetState()) {
			return nil
		}
		select {
		case <-stream.Context().Done():
			return stream.Context().Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *replica) StartRun(context.Context, *datasync.StartRunReq) (*datasync.StartRunResp, error) {
	r.calls.Add(1)
	if r.refuse.Load() {
		return nil, status.Error(codes.Unavailable, "the database is away")
	}
	return &datasync.StartRunResp{Run: r.run.Load(), Opened: true}, nil
}

// serveReplica starts one; all of a test share the run.
func serveReplica(t *testing.T, run *atomic.Pointer[datasync.Run]) *replica {
	t.Helper()
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &replica{server: grpc.NewServer(), health: health.NewServer(), addr: listen.Addr().String(), run: run}
	datasync.RegisterDataSyncServer(r.server, r)
	grpc_health_v1.RegisterHealthServer(r.server, r.health)
	served := make(chan error, 1)
	go func() { served <- r.server.Serve(listen) }()
	t.Cleanup(func() {
		r.server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return r
}

func connectTo(t *testing.T, addresses string) *server {
	t.Helper()
	s, err := (&settings{server: addresses, callTimeout: 2 * time.Second}).connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func TestAWatchGoesOnAtAnotherReplicaWhenItsOwnDies(t *testing.T) {
	var run atomic.Pointer[datasync.Run]
	running := &datasync.Run{RunId: "r", Pass: 1, State: datasync.RunState_RUNNING, Read: 2}
	run.Store(running)
	first, second := serveReplica(t, &run), serveReplica(t, &run)
	s := connectTo(t, first.addr+","+second.addr)

	type end struct {
		run *datasync.Run
		err error
	}
	ended := make(chan end, 1)
	go func() {
		got, err := watch(t.Context(), s, running, func(*datasync.Run) {})
		ended <- end{got, err}
	}()
	watched := func() (its, other *replica) {
		for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
			switch {
			case first.watching.Load() > 0:
				return first, second
			case second.watching.Load() > 0:
				return second, first
			}
		}
		t.Fatal("nobody is watched")
		return nil, nil
	}
	its, other := watched()
	its.server.Stop()
	began := time.Now()
	for other.watching.Load() == 0 {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the other replica is not watched")
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Logf("watched again after %v", time.Since(began))
	run.Store(&datasync.Run{RunId: "r", Pass: 1, State: datasync.RunState_COMPLETED, Read: 2, Coded: 2})
	if got := <-ended; got.err != nil || got.run.GetState() != datasync.RunState_COMPLETED {
		t.Errorf("%v, %v", got.run, got.err)
	}
}

func TestAReplicaThatIsNotReadyOrRefusesIsLeftForAnother(t *testing.T) {
	var run atomic.Pointer[datasync.Run]
	run.Store(&datasync.Run{RunId: "r", Pass: 1, State: datasync.RunState_RUNNING})
	starting, refusing, good := serveReplica(t, &run), serveReplica(t, &run), serveReplica(t, &run)
	starting.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	refusing.refuse.Store(true)
	s := connectTo(t, starting.addr+", "+refusing.addr+", "+good.addr)
	// Which replica a call tries first is drawn by lot.
	done := int64(0)
	for ; done < 6 || refusing.calls.Load() == 0 && done < 1000; done++ {
		if err := startRun(t.Context(), s, &datasync.StartRunReq{}, 20*time.Second, false); err != nil {
			t.Fatal(err)
		}
	}
	if starting.calls.Load() != 0 || good.calls.Load() < done || refusing.calls.Load() == 0 {
		t.Errorf("calls: %d of the one that starts, %d of the one that refuses, %d of the good one; want none, some, all %d",
			starting.calls.Load(), refusing.calls.Load(), good.calls.Load(), done)
	}
}

func TestEveryReplicaAwayIsAskedAgainForAsLongAsTold(t *testing.T) {
	var run atomic.Pointer[datasync.Run]
	run.Store(&datasync.Run{RunId: "r", Pass: 1, State: datasync.RunState_RUNNING})
	only := serveReplica(t, &run)
	only.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	s := connectTo(t, only.addr)
	time.AfterFunc(1500*time.Millisecond, func() { only.health.SetServingStatus("", grpc_health_v1.HealthCheckResponse_SERVING) })
	if err := startRun(t.Context(), s, &datasync.StartRunReq{}, 20*time.Second, false); err != nil {
		t.Error(err)
	}
}
