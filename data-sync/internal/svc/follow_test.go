package svc

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

type told []bool

func (t *told) Set(ready bool) bool {
	*t = append(*t, ready)
	return false // no log line: go-zero stays out of bubbles
}

func TestOneFailedPingAloneMakesNoReplicaUnready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		away := errors.New("no answer")
		outcomes := []error{nil, away, nil, away, away, away, nil}
		var heard told
		n := 0
		began := time.Now()
		followStore(ctx, func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("a ping without a deadline")
			}
			n++
			if n == len(outcomes) {
				defer cancel()
			}
			return outcomes[n-1]
		}, &heard)
		if want := time.Duration(len(outcomes)) * pingEvery; time.Since(began) != want {
			t.Errorf("%d pings took %v, want %v", n, time.Since(began), want)
		}
		want := []bool{true, true, false, false}
		if len(heard) != len(want) {
			t.Fatalf("told %v, want %v", heard, want)
		}
		for i := range want {
			if heard[i] != want[i] {
				t.Fatalf("told %v, want %v", heard, want)
			}
		}
	})
}
