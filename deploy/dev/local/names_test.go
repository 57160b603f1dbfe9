package main

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
)

// promised is how soon a new replica of terminology is to get work.
const promised = 15 * time.Second

// data-sync is told of a DNS server of the test's own, and of a name there that
// stands for the replicas on one port of different loopback addresses, as a
// cluster's name stands for its pods. In front of each is a slow link.
func TestATerminologyReplicaAddedInMidRunGetsWorkWithinFifteenSeconds(t *testing.T) {
	t.Parallel()
	const n = 5_000
	input := load(t, n)
	names, err := localserver.StartNames("127.0.0.2")
	must(t, err)
	t.Cleanup(func() {
		if err := names.Stop(); err != nil {
			t.Error(err)
		}
	})
	port, err := localserver.FreePort()
	must(t, err)
	var links []*slowLink
	added := stack.Replica(stack.Terminology, 2)
	s := shared(t, 1, input, func(o *stack.Options) {
		o.TerminologyReplicas, o.Later = 2, []string{added}
		o.Via = func(addr string) string {
			at := net.JoinHostPort(fmt.Sprintf("127.0.0.%d", 2+len(links)), strconv.Itoa(port))
			links = append(links, slowLinkAt(t, at, addr, 40*time.Millisecond))
			return fmt.Sprintf("dns://%s/terminology.test:%d", names.Addr(), port)
		}
	})
	db := s.store(t)
	waiting := s.begin(t, "run", "--wait")
	s.halfway(t, db)

	s.restart(t, added)
	names.Set("127.0.0.2", "127.0.0.3")
	beat, began := startBeat(t), time.Now()
	until(t, "the new replica at work", func() (bool, string) {
		mustBeOpen(t, db)
		calls := s.counter(t, added, `rpc_server_requests_duration_ms_count\{method="/aecode.terminology.v1.Terminology/EncodeTerms"[^}]*\}`)
		return calls > 0, fmt.Sprintf("%d calls", calls)
	})
	took := time.Since(began)
	t.Logf("the new replica got work after %v", took)
	if most := promised + beat.lost(); took > most {
		t.Errorf("the new replica got work after %v, want at most %v", took, most)
	}
	for _, link := range links {
		link.slow(0)
	}
	s.completed(t, waiting, input, n)
}
