package main

import (
	"fmt"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"aecode/deploy/dev/local/stack"
)

var shownProgress = regexp.MustCompile(`(?m)^RUNNING (\d+) of `)

func TestAWatchedRunIsWatchedOnAtAnotherReplicaWhenItsOwnIsKilled(t *testing.T) {
	t.Parallel()
	const n = 3_000
	input := load(t, n)
	watched, other := stack.DataSync, stack.Replica(stack.DataSync, 2)
	var link *slowLink
	// syncctl is told of both, but can only be watching the first: the other one
	// does not run yet.
	s := shared(t, 2, input, behindLink(t, 30*time.Millisecond, &link), func(o *stack.Options) { o.Later = []string{other} })
	db := s.store(t)
	waiting := s.begin(t, "run", "--wait")
	shows := func() string { return waiting.stderr.String() }
	until(t, "syncctl shows progress", func() (bool, string) { return shownProgress.MatchString(shows()), shows() })
	s.restart(t, other)
	until(t, "the other replica at work", func() (bool, string) {
		done := s.chunksDone(t, other)
		return done > 0, fmt.Sprintf("%d chunks", done)
	})

	s.signal(t, watched, syscall.SIGKILL)
	_ = s.await(t, watched, patience) // by SIGKILL, as it was told
	mustBeOpen(t, db)
	// More than the dead one can have told.
	before := s.progress(t, db)
	until(t, "syncctl shows progress again", func() (bool, string) {
		lines := shownProgress.FindAllStringSubmatch(shows(), -1)
		done, _ := strconv.Atoi(lines[len(lines)-1][1])
		return done > before, shows()
	})
	mustBeOpen(t, db)
	link.slow(0)
	s.completed(t, waiting, input, n) // with exit code 0 and the table
}
