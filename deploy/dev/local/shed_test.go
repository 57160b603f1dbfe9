package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
	"aecode/proto/terminology"
)

func TestAPassCompletesAgainstATerminologyThatTakesOneCallAtATime(t *testing.T) {
	t.Parallel()
	const n = 3_000
	input := load(t, n)
	s := begun(t, all(slowly(t), replicas(2, freshDatabase(t), ownRedis(t).Addr()), func(o *stack.Options) {
		o.TerminologyConfig = edited(t, terminologyConfig, "MaxInFlight: 64", "MaxInFlight: 1", "CacheEntries: 65536", "CacheEntries: 0")
	}))
	s.mustSyncctl(t, "import", input)

	// Somebody else takes the one place there is, until calls of the pass have been
	// turned away.
	ctx, enough := context.WithCancel(t.Context())
	var other sync.WaitGroup
	client := s.terminology(t)
	for range 2 {
		other.Go(func() { occupy(ctx, client) })
	}
	defer other.Wait()
	defer enough()
	waiting := s.begin(t, "run", "--wait")
	until(t, "calls shed", func() (bool, string) {
		shed, calls := s.attempts(t, "RESOURCE_EXHAUSTED"), s.attempts(t, "[A-Z_]+")
		return shed >= 3, fmt.Sprintf("%d of %d calls shed", shed, calls)
	})
	enough()
	s.completed(t, waiting, input, n)
}

// occupy keeps one call of terminology under way.
func occupy(ctx context.Context, client terminology.TerminologyClient) {
	req := &terminology.EncodeTermsReq{Limit: 20}
	for i := range 256 {
		req.Items = append(req.Items, &terminology.EncodeItem{Term: fmt.Sprintf("severe pain of the upper left finger %d after the visit", i)})
	}
	for ctx.Err() == nil {
		call, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = client.EncodeTerms(call, req) // it may be turned away itself
		cancel()
	}
}

// attempts sums up, over the replicas of data-sync, the calls of terminology
// that ended with a code.
func (s *system) attempts(t *testing.T, code string) int {
	t.Helper()
	sum := 0
	for i := range s.DataSyncAddrs() {
		sum += s.counter(t, stack.Replica(stack.DataSync, i+1), `aecode_encode_attempts_total\{code="`+code+`"\}`)
	}
	return sum
}

// counter sums up the series of a service's metrics that match.
func (s *system) counter(t *testing.T, name, series string) int {
	t.Helper()
	addr, err := s.Metrics(name)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, m := range regexp.MustCompile(`(?m)^`+series+` (\S+)\s*$`).FindAllStringSubmatch(metricsOf(t, addr), -1) {
		v, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += v
	}
	return int(sum)
}
