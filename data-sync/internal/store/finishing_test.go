package store

import (
	"fmt"
	"sync"
	"testing"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// FinishPass reads the pass and looks for open chunks one after the other: the
// last commit may fall in between.
func TestAPassFinishedWhileItsLastChunkIsCommittedHasNothingLeft(t *testing.T) {
	t.Parallel()
	one := openPG(t)
	two := replica(t, one)
	for round := range 60 {
		id := fmt.Sprint("round", round)
		if _, err := one.ApplyBatch(t.Context(), report.Batch{ImportID: id, Sequence: FirstSequence, Digest: id, Source: "edc", FileHash: id,
			Rows: []report.Row{textRow(2, id, "Headache")}}); err != nil {
			t.Fatal(err)
		}
		p := openPass(t, one, "all", 1)
		chunk := claim(t, one, p, "owner")
		results := codeAll(items(t, one, chunk))

		var group sync.WaitGroup
		begin := make(chan struct{})
		group.Go(func() {
			<-begin
			if _, err := one.CommitChunk(t.Context(), chunk, results, 0); err != nil {
				t.Error(err)
			}
		})
		ended := make([]run.Pass, 4)
		for i := range ended {
			group.Go(func() {
				<-begin
				for ok := false; !ok; {
					var err error
					if ended[i], ok, err = two.FinishPass(t.Context(), p.RunID, p.Number); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		close(begin)
		group.Wait()
		for _, p := range ended {
			if p.State != run.Completed || p.Left != 0 {
				t.Fatalf("round %d: %s, %d left, %s", round, p.State, p.Left, p.StateReason)
			}
		}
	}
}
