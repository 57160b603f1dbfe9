package main

import (
	"sync"
	"testing"
	"time"
)

// beat measures how busy the machine is with other things: the time by which a
// goroutine that only sleeps, and works for a moment, comes too late. What is
// promised of the services is promised of a machine that runs them; what others
// took of it is allowed for.
type beat struct {
	mu   sync.Mutex
	late time.Duration
}

const (
	beatSleep = 10 * time.Millisecond
	// beatSlack is what a beat is late on an idle machine.
	beatSlack = 3 * time.Millisecond
)

// startBeat measures from now to the test's end.
func startBeat(t *testing.T) *beat {
	t.Helper()
	b := &beat{}
	stop := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		for {
			began := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(beatSleep):
			}
			for sum, i := 0, 0; i < 100_000; i++ { // some 0.1 ms, which others may interrupt
				sum += i
			}
			if late := time.Since(began) - beatSleep - beatSlack; late > 0 {
				b.mu.Lock()
				b.late += late
				b.mu.Unlock()
			}
		}
	})
	t.Cleanup(func() { close(stop); beating.Wait() })
	return b
}

// lost is the time that was not the test's.
func (b *beat) lost() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.late
}
