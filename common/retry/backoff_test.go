package retry_test

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"aecode/common/retry"
)

func TestBackoffDoublesUpToTheCap(t *testing.T) {
	b := retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second}
	var got []time.Duration
	for n := range 6 {
		got = append(got, b.Bound(n)/time.Millisecond)
	}
	if want := []time.Duration{100, 200, 400, 800, 1000, 1000}; !slices.Equal(got, want) {
		t.Errorf("bounds %v ms, want %v", got, want)
	}
}

func TestBackoffDelayIsTheShareOfTheBound(t *testing.T) {
	b := retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second}
	for r, want := range map[float64]time.Duration{
		0: 0, 0.25: 50 * time.Millisecond, 0.5: 100 * time.Millisecond, 1: 200 * time.Millisecond,
		-1: 0, 2: 200 * time.Millisecond, math.Inf(1): 200 * time.Millisecond, math.Inf(-1): 0, math.NaN(): 0,
	} {
		if got := b.Delay(1, r); got != want {
			t.Errorf("Delay(1, %v) = %v, want %v", r, got, want)
		}
	}
}

// The bound is min(Cap, Base*2^n) as exact arithmetic has it, and the delay
// lies between 0 and the bound.
func FuzzBackoff(f *testing.F) {
	f.Add(int64(100*time.Millisecond), int64(time.Second), 0, 0.5)
	f.Add(int64(1), int64(math.MaxInt64), 62, 1.0)
	f.Add(int64(1), int64(math.MaxInt64), 63, math.NaN())
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), 1, math.Nextafter(1, 0))
	f.Add(int64(3), int64(math.MaxInt64), 61, 0.999)
	f.Add(int64(0), int64(0), math.MaxInt, math.Inf(1))
	f.Add(int64(-1), int64(-1), -1, -1.0)
	f.Fuzz(func(t *testing.T, base, limit int64, n int, r float64) {
		b := retry.Backoff{Base: time.Duration(base), Cap: time.Duration(limit)}
		bound := b.Bound(n)
		want := new(big.Int).Lsh(big.NewInt(max(base, 0)), uint(min(max(n, 0), 64)))
		if c := big.NewInt(max(limit, 0)); want.Cmp(c) > 0 {
			want = c
		}
		if int64(bound) != want.Int64() {
			t.Fatalf("%+v.Bound(%d) = %d, want %v", b, n, bound, want)
		}
		if n < math.MaxInt && b.Bound(n+1) < bound {
			t.Fatalf("%+v: bound %d exceeds the next", b, n)
		}
		if d := b.Delay(n, r); d < 0 || d > bound {
			t.Fatalf("%+v.Delay(%d, %v) = %d, outside [0, %d]", b, n, r, d, bound)
		}
	})
}
