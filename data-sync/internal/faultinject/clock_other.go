//go:build faults && !amd64

package faultinject

func skewClock(int64) { panic("AECODE_CLOCK_SKEW works on amd64 only") }
