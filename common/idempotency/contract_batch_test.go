package idempotency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
)

// The rules of contractSuite about batches.

func ruleMixedBatch(t *testing.T, b backend, s *Store) {
	ctx := t.Context()
	wantClaim(t, s, req("held", "other"), Acquired, "")
	wantClaim(t, s, req("done", "other"), Acquired, "")
	wantErr(t, "complete", s.Complete(ctx, "done", "other", []byte("r")), nil)

	claims, err := s.ClaimBatch(ctx, []Request{
		req("free", "a"),
		req("held", "a"),
		req("done", "a"),
		{Key: "done", Fingerprint: "changed", Owner: "a"},
		{Key: "", Fingerprint: "f", Owner: "a"},
		req("free2", "a"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Outcome{Acquired, InFlight, Replay, Mismatch, 0, Acquired}
	for i, c := range claims {
		if c.Outcome != want[i] || (c.Err != nil) != (want[i] == 0) {
			t.Errorf("claim %d: %v, %v; want %v", i, c.Outcome, c.Err, want[i])
		}
	}
	wantErr(t, "empty key", claims[4].Err, ErrInvalid)
	if !bytes.Equal(claims[2].Result, []byte("r")) {
		t.Errorf("replayed %q", claims[2].Result)
	}

	errs, err := s.CompleteBatch(ctx, []Completion{
		{Key: "free", Owner: "a", Result: []byte("1")},
		{Key: "held", Owner: "a", Result: []byte("2")},
		{Key: "done", Owner: "other", Result: []byte("3")},
		{Key: "gone", Owner: "a", Result: []byte("4")},
		{Key: "free2", Owner: "", Result: []byte("5")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, ErrNotOwner, ErrCompleted, ErrLeaseLost, ErrInvalid} {
		wantErr(t, fmt.Sprint("completion ", i), errs[i], want)
	}

	holds := []Hold{{"free", "a"}, {"held", "a"}, {"gone", "a"}, {"free2", "a"}, {"", ""}}
	for name, op := range map[string]func(context.Context, []Hold) ([]error, error){"extend": s.ExtendBatch, "release": s.ReleaseBatch} {
		errs, err := op(ctx, holds[:3])
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []error{nil, ErrNotOwner, ErrLeaseLost} {
			wantErr(t, fmt.Sprint(name, " ", i), errs[i], want)
		}
	}
	errs, _ = s.ReleaseBatch(ctx, holds[3:])
	wantErr(t, "release of a held record", errs[0], nil)
	wantErr(t, "release without key", errs[1], ErrInvalid)
	wantClaim(t, s, req("free2", "z"), Acquired, "")
	wantClaim(t, s, req("free", "z"), Replay, "1")
	wantClaim(t, s, req("held", "z"), InFlight, "")
}

func ruleSmallBatches(t *testing.T, _ backend, s *Store) {
	ctx := t.Context()
	if claims, err := s.ClaimBatch(ctx, nil); err != nil || len(claims) != 0 {
		t.Fatalf("empty claim batch: %v, %v", claims, err)
	}
	if errs, err := s.CompleteBatch(ctx, nil); err != nil || len(errs) != 0 {
		t.Fatalf("empty complete batch: %v, %v", errs, err)
	}
	claims, err := s.ClaimBatch(ctx, []Request{req("one", "a")})
	if err != nil || len(claims) != 1 || claims[0].Outcome != Acquired {
		t.Fatalf("batch of one: %v, %v", claims, err)
	}
	errs, err := s.CompleteBatch(ctx, []Completion{{"one", "a", []byte("r")}})
	if err != nil || len(errs) != 1 || errs[0] != nil {
		t.Fatalf("batch of one: %v, %v", errs, err)
	}
}

func ruleDuplicateClaims(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("done", "z"), Acquired, "")
	wantErr(t, "complete", s.Complete(t.Context(), "done", "z", []byte("r")), nil)
	claims, err := s.ClaimBatch(t.Context(), []Request{
		req("k", "a"), req("k", "a"), {Key: "k", Fingerprint: "changed", Owner: "a"}, req("k", "b"),
		req("done", "a"), req("done", "a"), {Key: "done", Fingerprint: "changed", Owner: "a"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Outcome{Acquired, InFlight, Mismatch, InFlight, Replay, Replay, Mismatch}
	for i, c := range claims {
		if c.Outcome != want[i] {
			t.Errorf("claim %d: %v, want %v", i, c.Outcome, want[i])
		}
	}
}

func ruleDuplicateCompletions(t *testing.T, _ backend, s *Store) {
	wantClaim(t, s, req("k", "a"), Acquired, "")
	errs, err := s.CompleteBatch(t.Context(), []Completion{
		{"k", "thief", []byte("x")}, {"k", "a", []byte("one")}, {"k", "a", []byte("one")},
		{"k", "a", []byte("two")}, {"k", "thief", []byte("x")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{ErrNotOwner, nil, nil, ErrCompleted, ErrNotOwner} {
		wantErr(t, fmt.Sprint("completion ", i), errs[i], want)
	}
	wantClaim(t, s, req("k", "b"), Replay, "one")

	wantClaim(t, s, req("r", "a"), Acquired, "")
	errs, _ = s.ReleaseBatch(t.Context(), []Hold{{"r", "a"}, {"r", "a"}})
	wantErr(t, "first release", errs[0], nil)
	wantErr(t, "second release", errs[1], ErrLeaseLost)
}

func ruleLargeBatch(t *testing.T, _ backend, s *Store) {
	const n = 3*maxKeysPerTrip + 17
	reqs := make([]Request, n)
	for i := range reqs {
		reqs[i] = req(fmt.Sprintf("report-%05d", i), "a")
	}
	reqs[n-1] = req("report-00000", "a") // a duplicate in another piece
	claims, err := s.ClaimBatch(t.Context(), reqs)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range claims {
		want := Acquired
		if i == n-1 {
			want = InFlight
		}
		if c.Outcome != want {
			t.Fatalf("claim %d: %v, %v", i, c.Outcome, c.Err)
		}
	}
	items := make([]Completion, n-1)
	for i := range items {
		items[i] = Completion{Key: reqs[i].Key, Owner: "a", Result: fmt.Append(nil, i)}
	}
	errs, err := s.CompleteBatch(t.Context(), items)
	if err != nil || errors.Join(errs...) != nil {
		t.Fatal(err, errors.Join(errs...))
	}
	claims, err = s.ClaimBatch(t.Context(), reqs[:n-1])
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range claims {
		if c.Outcome != Replay || string(c.Result) != fmt.Sprint(i) {
			t.Fatalf("claim %d: %v %q", i, c.Outcome, c.Result)
		}
	}
}
