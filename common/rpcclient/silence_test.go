package rpcclient

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// recovery is how soon calls must succeed again after the network has recovered.
const recovery = 5 * time.Second

func TestAConnectionThatSwallowsWhatIsSentIsLeftForANewOne(t *testing.T) {
	t.Parallel()
	addr := "127.0.0.1:" + freePort(t)
	serve(t, addr)
	p := startProxy(t, addr)
	conn := connect(t, p.addr())
	untilServed(t, conn, recovery)
	// This is like a firewall that has forgotten a connection: nothing comes back on
	// it, and new connections work.
	p.partition(true)
	if took := untilServed(t, conn, 2*recovery); took > recovery {
		t.Errorf("it took %v, want at most %v", took, recovery)
	} else {
		t.Logf("served again after %v", took)
	}
}

func TestAfterASilentPartitionCallsSucceedWithinFiveSecondsOfItsEnd(t *testing.T) {
	t.Parallel()
	addr := "127.0.0.1:" + freePort(t)
	serve(t, addr)
	p := startProxy(t, addr)
	conn := connect(t, p.addr())
	untilServed(t, conn, recovery)
	p.partition(false)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if say(t.Context(), conn) == nil {
			t.Fatal("a call came through: there is no partition")
		}
		time.Sleep(200 * time.Millisecond)
	}
	p.heal()
	if took := untilServed(t, conn, 2*recovery); took > recovery {
		t.Errorf("it took %v, want at most %v", took, recovery)
	} else {
		t.Logf("served again after %v", took)
	}
}

func TestAServerThatIsOnlySlowKeepsItsConnection(t *testing.T) {
	t.Parallel()
	addr := "127.0.0.1:" + freePort(t)
	r := serve(t, addr)
	p := startProxy(t, addr)
	conn := connect(t, p.addr())
	untilServed(t, conn, recovery)
	r.slow.Store(int64(time.Second))
	for end := time.Now().Add(3 * silence); time.Now().Before(end); {
		if err := say(t.Context(), conn); status.Code(err) != codes.DeadlineExceeded {
			t.Fatalf("%v, want a call that times out", err)
		}
	}
	// A call that alone takes longer than that.
	r.slow.Store(int64(10 * time.Second))
	if err := sayWithin(t.Context(), conn, 2*silence); status.Code(err) != codes.DeadlineExceeded {
		t.Fatalf("%v, want a call that times out", err)
	}
	r.slow.Store(0)
	untilServed(t, conn, recovery)
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.open); n != 2 { // in and out of the one connection
		t.Errorf("%d ends were opened, want 2: the connection was given up", n)
	}
}

func TestADeadConnectionIsForgotten(t *testing.T) {
	t.Parallel()
	addr := "127.0.0.1:" + freePort(t)
	serve(t, addr)
	watched := newConnections()
	conn, err := watched.dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	if len(watched.open) != 1 {
		t.Errorf("%d connections, want 1", len(watched.open))
	}
	conn.Close()
	if len(watched.open) != 0 {
		t.Errorf("%d connections after their close", len(watched.open))
	}
}
