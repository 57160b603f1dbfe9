package nightly

import (
	"context"
	"slices"

	"aecode/common/retry"
	"aecode/data-sync/internal/run"
)

// maxHalving bounds the commits of one search for refused results: three items
// in a chunk of 5,000, or ten with a chunk of ten.
const maxHalving = 48

// onceOnly is for commits whose failure is answered by a smaller one.
var onceOnly = func() retry.Policy {
	p := storePolicy
	p.MaxAttempts = 1
	return p
}()

// halve looks for the results that the database refuses. A commit that is
// refused changes nothing, one that is taken ends the search: the chunk is
// released then, and its next attempt goes on with the rest. An item is blamed
// when it is refused alone, again and again, while another write is taken; it
// is left by its own fault, so that three nights make it poison.
func (w *work) halve(ctx, held context.Context, results []run.Result) ([]run.Result, run.Commit, error) {
	var blamed []run.Result
	rest, suspects := results, results
	for range maxHalving {
		if len(suspects) > 1 {
			suspects = suspects[:len(suspects)/2]
			taken := slices.Concat(blamed, suspects)
			commit, err := w.send(ctx, onceOnly, taken, 0)
			if err == nil || w.lost(held, err) {
				return taken, commit, err
			}
			continue
		}
		taken := slices.Concat(blamed, suspects)
		commit, err := w.send(ctx, storePolicy, taken, 0)
		if err == nil || w.lost(held, err) {
			return taken, commit, err
		}
		if alive := w.takesWrites(ctx); alive != nil {
			return nil, run.Commit{}, alive
		}
		guilty := suspects[0]
		blamed = append(blamed, run.Result{
			ReportID: guilty.ReportID, VerbatimVersion: guilty.VerbatimVersion, Kind: run.Left, ErrorClass: run.ClassStore, ItemFault: true,
		})
		rest = slices.DeleteFunc(slices.Clone(rest), func(r run.Result) bool { return r.ReportID == guilty.ReportID })
		taken = slices.Concat(blamed, rest)
		commit, err = w.send(ctx, onceOnly, taken, 0)
		if err == nil || w.lost(held, err) {
			return taken, commit, err
		}
		if suspects = rest; len(rest) == 0 {
			break
		}
	}
	return nil, run.Commit{}, errRefused
}
