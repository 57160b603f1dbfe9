package retry

import (
	"math/bits"
	"time"
)

// Backoff is truncated exponential backoff with full jitter:
//
//	delay before retry n = rand(0, min(Cap, Base * 2^n)),  n = 0, 1, 2, ...
//
// as in M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog,
// 2015. Of the variants compared there it spreads competing clients best, with
// the least work. The zero Backoff has no delay and is valid only for a single
// attempt.
type Backoff struct {
	// Base is the upper bound of the first delay.
	Base time.Duration
	// Cap is the upper bound of every delay. It must not be less than Base.
	Cap time.Duration
}

// Bound returns min(Cap, Base * 2^n), the upper bound of the delay before
// retry n, counted from 0. It does not overflow, never decreases with n and is
// never negative. A negative n counts as 0.
func (b Backoff) Bound(n int) time.Duration {
	base, limit := max(b.Base, 0), max(b.Cap, 0)
	if base == 0 {
		return 0
	}
	// base * 2^n fits in 63 bits only if n is less than the leading zeros of base
	// in 64 bits. For a larger n the product exceeds any cap.
	if n = max(n, 0); n >= bits.LeadingZeros64(uint64(base)) {
		return limit
	}
	return min(limit, base<<n)
}

// Delay returns r * Bound(n). With r uniform in [0, 1) that is full jitter. The
// result is in [0, Bound(n)] for every r: a value outside [0, 1] counts as the
// nearer end, and NaN as 0.
func (b Backoff) Delay(n int, r float64) time.Duration {
	bound := b.Bound(n)
	switch {
	case r >= 1:
		return bound
	case r > 0:
		// float64(bound) may round up to 2^63, but r < 1 keeps the product
		// below it; min undoes the rounding.
		return min(time.Duration(r*float64(bound)), bound)
	}
	return 0 // also NaN
}
