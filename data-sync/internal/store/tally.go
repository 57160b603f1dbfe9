package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"aecode/data-sync/internal/run"
)

// summary is a balance by kind and detail: that of a pass, stored when it ends,
// and that of a chunk, stored with every change of its members.
type summary struct {
	Coded  map[string]int64 `json:"coded,omitempty"`
	Review map[string]int64 `json:"review,omitempty"`
	Left   map[string]int64 `json:"left,omitempty"`
}

func newSummary() summary {
	return summary{Coded: map[string]int64{}, Review: map[string]int64{}, Left: map[string]int64{}}
}

func (s summary) add(tally run.Kind, detail string, n int64) error {
	switch tally {
	case run.Coded:
		s.Coded[detail] += n
	case run.Review:
		s.Review[detail] += n
	case run.Left:
		s.Left[detail] += n
	default:
		return fmt.Errorf("members with outcome but tally %q", tally)
	}
	return nil
}

func (s summary) addAll(o summary) {
	for into, from := range map[*map[string]int64]map[string]int64{&s.Coded: o.Coded, &s.Review: o.Review, &s.Left: o.Left} {
		for detail, n := range from {
			(*into)[detail] += n
		}
	}
}

func (s summary) equal(o summary) bool {
	return maps.Equal(s.Coded, o.Coded) && maps.Equal(s.Review, o.Review) && maps.Equal(s.Left, o.Left)
}

func (s summary) encode() (string, error) {
	text, err := json.Marshal(s)
	return string(text), err
}

// decodeSummary fills in the kinds that the text leaves out.
func decodeSummary(text string) (summary, error) {
	sum := newSummary()
	if json.Unmarshal([]byte(text), &sum) != nil {
		return sum, errors.New("it is not the JSON this store writes")
	}
	return sum, nil
}

func total(counts map[string]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// progress is the balance of an open pass so far: the sum over its chunks,
// whatever the number of its members.
func progress(ctx context.Context, limit time.Duration, q querier, runID string, number int) (summary, error) {
	sum := newSummary()
	err := each(ctx, limit, q, "SELECT tally FROM chunks WHERE run_id = $1 AND pass = $2 AND tally <> ''", []any{runID, number},
		func(rows *sql.Rows) error {
			var text string
			if err := rows.Scan(&text); err != nil {
				return err
			}
			chunk, err := decodeSummary(text)
			if err != nil {
				return fmt.Errorf("the tally of a chunk: %w", err)
			}
			sum.addAll(chunk)
			return nil
		})
	return sum, err
}

// count counts the members themselves: a balance that no counter can drift
// from.
func (t *txn) count(ctx context.Context, runID string, number int) (summary, error) {
	sum := newSummary()
	err := t.each(ctx, `SELECT tally, detail, count(*) FROM pass_members
		WHERE run_id = $1 AND pass = $2 AND outcome <> '' GROUP BY tally, detail`, []any{runID, number}, func(rows *sql.Rows) error {
		var tally run.Kind
		var detail string
		var n int64
		if err := rows.Scan(&tally, &detail, &n); err != nil {
			return err
		}
		return sum.add(tally, detail, n)
	})
	return sum, err
}

var tallyChunks = change{
	table:   "chunks",
	columns: columns("run_id text, pass bigint, seq bigint, tally text"),
	set:     "tally = j.tally",
	where:   "chunks.run_id = j.run_id AND chunks.pass = j.pass AND chunks.seq = j.seq",
}

// retally counts the members of chunks again, which this transaction holds: of
// one, or (seq -1) of all in given.
func (t *txn) retally(ctx context.Context, runID string, number, seq int, given map[int]bool) error {
	sums := make(map[int]summary, len(given))
	err := t.each(ctx, `SELECT chunk_seq, tally, detail, count(*) FROM pass_members
		WHERE run_id = $1 AND pass = $2 AND ($3 < 0 OR chunk_seq = $3) AND outcome <> ''
		GROUP BY chunk_seq, tally, detail`, []any{runID, number, seq}, func(rows *sql.Rows) error {
		var chunk int
		var tally run.Kind
		var detail string
		var n int64
		if err := rows.Scan(&chunk, &tally, &detail, &n); err != nil {
			return err
		}
		if !given[chunk] {
			return nil
		}
		if _, ok := sums[chunk]; !ok {
			sums[chunk] = newSummary()
		}
		return sums[chunk].add(tally, detail, n)
	})
	if err != nil {
		return fmt.Errorf("count the members of chunks: %w", err)
	}
	args := make([]any, 0, 4*len(sums))
	for chunk, sum := range sums {
		text, err := sum.encode()
		if err != nil {
			return err
		}
		args = append(args, runID, number, chunk, text)
	}
	if _, err := t.update(ctx, tallyChunks, args); err != nil {
		return fmt.Errorf("note the tally of chunks: %w", err)
	}
	return nil
}
