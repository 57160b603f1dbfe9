package idempotency

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn"
)

var usedMemory = regexp.MustCompile(`(?m)^used_memory:(\d+)`)

func memoryOf(b *testing.B, c redis.UniversalClient) int {
	b.Helper()
	info, err := c.Info(b.Context(), "memory").Result()
	if err != nil {
		b.Fatal(err)
	}
	found := usedMemory.FindStringSubmatch(info)
	if found == nil {
		b.Fatal("INFO memory does not say used_memory")
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkMemory fills a real Redis with a million completed records like those
// of the nightly run, and reports the memory that one takes.
func BenchmarkMemory(b *testing.B) {
	const records, batch = 1_000_000, 500
	// Flushing a million keys takes a while.
	c := dial(b, redisconn.Config{Addrs: []string{realRedis.use(b).Addr()}, ReadTimeout: time.Minute})
	s, err := New(c, Options{Prefix: "aecode-nightly", Config: Config{CallTimeout: time.Minute}})
	if err != nil {
		b.Fatal(err)
	}
	secret, err := NewSecret([]byte("0123456789abcdef"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		flushAll(b, c)
		before := memoryOf(b, c)
		b.StartTimer()
		reqs, done := make([]Request, batch), make([]Completion, batch)
		for from := 0; from < records; from += batch {
			owner := "data-sync-2/" + NewOwner()
			for i := range batch {
				report := 7_000_000 + from + i
				key := fmt.Sprintf("n:%d:1:28.0:3f9c1b2a7d40:1.0.0+5d21e07a9b3c", report)
				reqs[i] = Request{Key: key, Fingerprint: Fingerprint(secret, strconv.Itoa(report)), Owner: owner}
				done[i] = Completion{Key: key, Owner: owner, Result: strconv.AppendInt(nil, int64(report), 10)}
			}
			if _, err := s.ClaimBatch(b.Context(), reqs); err != nil {
				b.Fatal(err)
			}
			errs, err := s.CompleteBatch(b.Context(), done)
			if err := errors.Join(append(errs, err)...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(memoryOf(b, c)-before)/records, "B/record")
	}
	b.ReportMetric(records*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	flushAll(b, c)
}
