package nightly

import (
	"context"
	"slices"

	"aecode/data-sync/internal/halving"
	"aecode/data-sync/internal/run"
)

// maxBlameCommits bounds the commits of one search for refused results: three
// items in a chunk of 5,000, or ten with a chunk of ten.
const maxBlameCommits = 48

// blame looks for the results that the database refuses. A commit that is
// refused changes nothing. One that is taken ends the search: the chunk is
// released then, and its next attempt goes on with the rest. An item is blamed
// when it is refused alone, twice, while another write is taken. It is left by
// its own fault, so that three nights make it poison.
func (a *attempt) blame(ctx, held context.Context, results []run.Result) ([]run.Result, run.Commit, error) {
	var blamed []run.Result
	rest := results
	groups := halving.Of(len(rest))
	for range maxBlameCommits {
		suspects := groups.Top()
		if len(suspects) > 1 {
			groups.Split(suspects)
			suspects = groups.Top()
		}
		taken := slices.Clone(blamed)
		for _, i := range suspects {
			taken = append(taken, rest[i])
		}
		commit, err := a.send(ctx, taken, 0)
		if err == nil || a.lost(held, err) {
			return taken, commit, err
		}
		if len(suspects) > 1 {
			continue
		}
		if alive := a.takesWrites(ctx); alive != nil {
			return nil, run.Commit{}, alive
		}
		if commit, err = a.send(ctx, taken, 0); err == nil || a.lost(held, err) {
			return taken, commit, err
		}
		if alive := a.takesWrites(ctx); alive != nil {
			return nil, run.Commit{}, alive
		}
		guilty := rest[suspects[0]]
		blamed = append(blamed, run.Result{
			ReportID: guilty.ReportID, VerbatimVersion: guilty.VerbatimVersion, Kind: run.Left, ErrorClass: run.ClassStore, ItemFault: true,
		})
		rest = slices.DeleteFunc(slices.Clone(rest), func(r run.Result) bool { return r.ReportID == guilty.ReportID })
		taken = slices.Concat(blamed, rest)
		if commit, err = a.send(ctx, taken, 0); err == nil || a.lost(held, err) {
			return taken, commit, err
		}
		if len(rest) == 0 {
			break
		}
		groups = halving.Of(len(rest))
	}
	return nil, run.Commit{}, errRefused
}
