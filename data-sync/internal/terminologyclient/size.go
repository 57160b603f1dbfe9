package terminologyclient

import (
	"math"
	"sync"
	"time"
)

// Size finds how many items a call takes in about half the attempt timeout.
//
// It fits time = overhead + perItem * n to recent calls by least squares with
// exponential forgetting, since proportional scaling alone would shrink
// batches to nothing on a slow network, where fewer items do not help. Half
// the timeout less the overhead, but at least a quarter of what the overhead
// leaves, is then spent on items. A ceiling that halves with every timeout and
// grows by an eighth with every success (AIMD) covers what the fit cannot see.
//
// It is safe for concurrent use.
type Size struct {
	timeout float64 // seconds
	most    int

	mu      sync.Mutex
	now     int
	ceiling float64
	// Weighted sums over calls of 1, n, t, n*n and n*t.
	w, sn, st, snn, snt float64
}

const (
	// firstSize is what is sent before anything is known.
	firstSize = 32
	// forget is the weight that a call keeps when another one is added: about
	// the last ten count.
	forget = 0.9
)

// NewSize starts at 32 items, or at most where that is less.
func NewSize(timeout time.Duration, most int) *Size {
	return &Size{timeout: timeout.Seconds(), most: most, now: min(firstSize, most), ceiling: float64(most)}
}

// Get gives the size for the next call, 1 to the largest.
func (s *Size) Get() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Done takes in a call that answered n items in the time given.
func (s *Size) Done(n int, took time.Duration) int {
	if n < 1 {
		return s.Get()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x, t := float64(n), max(took.Seconds(), 1e-6)
	s.w = s.w*forget + 1
	s.sn = s.sn*forget + x
	s.st = s.st*forget + t
	s.snn = s.snn*forget + x*x
	s.snt = s.snt*forget + x*t
	s.ceiling = min(s.ceiling+max(1, s.ceiling/8), float64(s.most))

	// Twice the last step at most: the fit is not trusted far from its data.
	want := min(s.fit(), s.ceiling, 2*float64(max(s.now, n)), float64(s.most))
	s.now = max(int(want), 1)
	return s.now
}

// TooMany takes in a call that timed out, or in which terminology had time for
// done items only.
func (s *Size) TooMany(n, done int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := max(n/2, 1)
	if done > 0 {
		limit = done
	}
	s.ceiling = min(s.ceiling, float64(limit))
	s.now = max(min(s.now, limit), 1)
	return s.now
}

// fit solves for the size; +Inf where items seem to cost nothing.
func (s *Size) fit() float64 {
	meanN, meanT := s.sn/s.w, s.st/s.w
	overhead, perItem := 0.0, meanT/meanN
	// With sizes all alike the slope is not known, and proportional it is.
	if variance := s.snn/s.w - meanN*meanN; variance > 0.01*meanN*meanN {
		slope := (s.snt/s.w - meanN*meanT) / variance
		perItem = min(max(slope, 0), meanT/meanN)
		overhead = meanT - perItem*meanN
	}
	left := max(s.timeout-overhead, 0)
	if perItem <= 0 {
		return math.Inf(1)
	}
	return max(s.timeout/2-overhead, left/4) / perItem
}
