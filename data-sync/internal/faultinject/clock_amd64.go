//go:build faults

package faultinject

// skewClock puts a clock that is off by so many seconds before the kernel's
// clock_gettime, which the runtime calls in this process's own memory.
func skewClock(seconds int64)
