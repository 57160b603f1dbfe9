package main

import (
	"regexp"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

// Each of two replicas in turn is told to stop in the middle of a chunk.
func TestSIGTERMWithAChunkInHandFinishesItOrGivesItBackAndTheOtherGoesOn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, grace string
		delay       time.Duration // of terminology, each way
		cut         bool          // the chunk is given back unfinished
	}{
		{"finished within the grace time", "5s", 50 * time.Millisecond, false},
		{"given back after the grace time", "10ms", 120 * time.Millisecond, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			const n = 2_000
			input := load(t, n)
			var link *slowLink
			s := shared(t, 2, input, behindLink(t, tc.delay, &link),
				slowly(t, "ChunkSize: 100", "ChunkSize: 25", "Grace: 5s", "Grace: "+tc.grace))
			db := s.store(t)
			waiting := s.begin(t, "run", "--wait")
			s.halfway(t, db)
			outcomes := make(map[string]int)
			for i := range 4 {
				name := stack.Replica(stack.DataSync, i%2+1)
				outcomes[s.stopsWithAChunk(t, name)]++
				s.restart(t, name)
			}
			// Without grace a chunk may yet have been at its end just then, once.
			if got := outcomes["open"]; tc.cut && got < 2 || !tc.cut && outcomes["done"] != 4 {
				t.Errorf("chunks in hand ended %v", outcomes)
			}
			mustBeOpen(t, db)
			link.slow(0)
			s.completed(t, waiting, input, n)
		})
	}
}

var chunkOutcome = regexp.MustCompile(`"content":"chunk".*"outcome":"(\w+)"`)

// stopsWithAChunk stops a replica that has a chunk in hand, holds that it ends
// cleanly and in time and keeps nothing, and gives its last chunk's outcome.
func (s *system) stopsWithAChunk(t *testing.T, name string) string {
	t.Helper()
	db := s.store(t)
	pid, err := s.PID(name)
	must(t, err)
	until(t, name+" has a chunk in hand", func() (bool, string) {
		mustBeOpen(t, db)
		return held(t, db, pid) > 0, "none"
	})
	s.signal(t, name, syscall.SIGTERM)
	beat, began := startBeat(t), time.Now()
	if err := s.await(t, name, patience); err != nil {
		t.Errorf("SIGTERM ended %s with %v", name, err)
	}
	// Run.Grace, and what closing takes.
	if took := time.Since(began); took > 10*time.Second+beat.lost() {
		t.Errorf("%s ended %v after SIGTERM", name, took)
	}
	if n := held(t, db, pid); n != 0 {
		t.Errorf("%s kept %d chunks, whose leases must end before anybody has them", name, n)
	}
	chunks := chunkOutcome.FindAllStringSubmatch(readFile(t, s.log(name)), -1)
	if len(chunks) == 0 {
		t.Fatalf("%s tells of no chunk", name)
	}
	return chunks[len(chunks)-1][1]
}
