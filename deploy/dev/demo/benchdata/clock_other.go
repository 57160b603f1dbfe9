//go:build !linux

package benchdata

import "time"

// The processor's time is measured on Linux only.
func processor() time.Duration { return 0 }

func thread() int64 { return 0 }
