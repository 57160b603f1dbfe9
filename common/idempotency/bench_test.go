package idempotency

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"github.com/redis/go-redis/v9"

	"aecode/common/redisconn"
)

// onBoth runs a benchmark on the embedded Redis and on a real one over loopback.
func onBoth(b *testing.B, run func(b *testing.B, c redis.UniversalClient)) {
	b.Run("redis=embedded", func(b *testing.B) {
		_, c := openMini(b)
		run(b, c)
	})
	b.Run("redis=real", func(b *testing.B) {
		c := dial(b, redisconn.Config{Addrs: []string{realRedis.use(b).Addr()}})
		run(b, c)
		flushAll(b, c)
	})
}

// BenchmarkSingle claims and completes one record, as an API write does.
func BenchmarkSingle(b *testing.B) { onBoth(b, benchmarkSingle) }

func benchmarkSingle(b *testing.B, c redis.UniversalClient) {
	flushAll(b, c)
	s, err := New(c, Options{})
	if err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		key := fmt.Sprint("report-", i)
		if _, err := s.Claim(b.Context(), req(key, "a")); err != nil {
			b.Fatal(err)
		}
		if err := s.Complete(b.Context(), key, "a", []byte("coding-1")); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBatch500 runs one operation on a nightly chunk; cpu-us/record is the
// CPU of this process, which is client and embedded server, or the client alone.
func BenchmarkBatch500(b *testing.B) { onBoth(b, benchmarkBatch500) }

func benchmarkBatch500(b *testing.B, c redis.UniversalClient) {
	const n = 500
	for _, name := range []string{"claim", "complete", "extend", "release", "replay"} {
		b.Run("op="+name, func(b *testing.B) {
			s, err := New(c, Options{})
			if err != nil {
				b.Fatal(err)
			}
			var cpu float64
			for round := 0; b.Loop(); round++ {
				b.StopTimer()
				if round%100 == 0 {
					flushAll(b, c)
				}
				reqs, done, holds := load(n, round)
				var errs []error
				if name != "claim" {
					_, err = s.ClaimBatch(b.Context(), reqs)
				}
				if name == "replay" && err == nil {
					_, err = s.CompleteBatch(b.Context(), done)
				}
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				before := cpuMicros()
				switch name {
				case "claim", "replay":
					_, err = s.ClaimBatch(b.Context(), reqs)
				case "complete":
					errs, err = s.CompleteBatch(b.Context(), done)
				case "extend":
					errs, err = s.ExtendBatch(b.Context(), holds)
				case "release":
					errs, err = s.ReleaseBatch(b.Context(), holds)
				}
				cpu += cpuMicros() - before
				if err != nil || errors.Join(errs...) != nil {
					b.Fatal(err, errors.Join(errs...))
				}
			}
			records := float64(b.N) * n
			b.ReportMetric(cpu/records, "cpu-us/record")
			b.ReportMetric(records/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func BenchmarkFingerprint(b *testing.B) {
	secret, err := NewSecret([]byte("0123456789abcdef"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Fingerprint(secret, "EDC", "STUDY-01", "0001", "1", "nausea and vomiting")
	}
}

func cpuMicros() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return float64(r.Utime.Sec+r.Stime.Sec)*1e6 + float64(r.Utime.Usec+r.Stime.Usec)
}
