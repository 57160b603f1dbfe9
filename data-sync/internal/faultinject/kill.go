//go:build faults

package faultinject

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// A build with the tag faults sends itself SIGKILL at one of the places where the
// work on a chunk can be cut short:
//
//	AECODE_KILL_AT=before-commit     at the first time
//	AECODE_KILL_AT=after-encode:3    at the third
//
// The places are before and after claim (of a chunk), records (claimed in
// Redis), encode, commit and complete (of the records). "After" means that the
// call has had its effect and nobody knows of it yet. AECODE_KILL_MARK names a
// file that is created just before the kill, so that a test can tell that the
// place was reached. While that file exists, nothing is killed.

// deadly is the place to die at.
type deadly struct {
	place string
	hits  atomic.Int64 // still to come
	mark  string
}

func fromEnvironment() *deadly {
	place, times, counted := strings.Cut(os.Getenv("AECODE_KILL_AT"), ":")
	d := &deadly{place: place, mark: os.Getenv("AECODE_KILL_MARK")}
	n := 1
	if counted {
		var err error
		if n, err = strconv.Atoi(times); err != nil || n < 1 {
			panic(fmt.Sprintf("AECODE_KILL_AT: %q is no count of hits", times))
		}
	}
	d.hits.Store(int64(n))
	return d
}

// at dies if this is the place and the time.
func (d *deadly) at(place string) {
	if place != d.place || d.hits.Add(-1) != 0 {
		return
	}
	mark, err := os.OpenFile(d.mark, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return // an earlier life died here
	}
	if err != nil {
		panic(fmt.Sprintf("AECODE_KILL_MARK: %v", err))
	}
	_ = mark.Close() // it is there, which is all it says
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // until the signal arrives
}

// Wrap puts the places between the engine and what it works with.
func Wrap(s nightly.Store, t nightly.Coder, c nightly.Claims) (nightly.Store, nightly.Coder, nightly.Claims) {
	d := fromEnvironment()
	return deadlyStore{s, d}, deadlyCoder{t, d}, deadlyClaims{c, d}
}

type deadlyStore struct {
	nightly.Store
	*deadly
}

func (s deadlyStore) ClaimChunk(ctx context.Context, runID string, pass int, owner string, lease time.Duration) (run.Chunk, bool, error) {
	s.at("before-claim")
	chunk, ok, err := s.Store.ClaimChunk(ctx, runID, pass, owner, lease)
	if err == nil && ok {
		s.at("after-claim")
	}
	return chunk, ok, err
}

func (s deadlyStore) CommitChunk(ctx context.Context, chunk run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	s.at("before-commit")
	commit, err := s.Store.CommitChunk(ctx, chunk, results, after)
	if err == nil {
		s.at("after-commit")
	}
	return commit, err
}

type deadlyCoder struct {
	nightly.Coder
	*deadly
}

func (c deadlyCoder) Encode(ctx context.Context, pin report.Versions, terms []run.Term) ([]run.Answer, error) {
	c.at("before-encode")
	answers, err := c.Coder.Encode(ctx, pin, terms)
	if err == nil {
		c.at("after-encode")
	}
	return answers, err
}

type deadlyClaims struct {
	nightly.Claims
	*deadly
}

func (c deadlyClaims) Claim(ctx context.Context, pin report.Versions, owner string, items []run.Item) ([]run.ClaimState, error) {
	c.at("before-records")
	states, err := c.Claims.Claim(ctx, pin, owner, items)
	if err == nil {
		c.at("after-records")
	}
	return states, err
}

func (c deadlyClaims) Complete(ctx context.Context, pin report.Versions, owner string, recorded []run.Recorded) error {
	c.at("before-complete")
	err := c.Claims.Complete(ctx, pin, owner, recorded)
	if err == nil {
		c.at("after-complete")
	}
	return err
}
