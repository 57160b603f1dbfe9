//go:build faults

package faultinject

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// AECODE_CLOCK_SKEW=-120 sets this process's clock back by so many seconds: the
// time of day, not the monotonic clock, as on a machine whose clock is wrong.
// Here and not in package time, since another package time would have to be
// compiled into everything: seven minutes of processor time.
func init() {
	setting := os.Getenv("AECODE_CLOCK_SKEW")
	if setting == "" {
		return
	}
	seconds, err := strconv.ParseInt(setting, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("AECODE_CLOCK_SKEW: %q is no number of seconds", setting))
	}
	before := time.Now().Unix()
	skewClock(seconds)
	if got := time.Now().Unix() - before; got != seconds && got != seconds+1 {
		panic(fmt.Sprintf("AECODE_CLOCK_SKEW: the clock went by %d s, not by %d", got, seconds))
	}
}
