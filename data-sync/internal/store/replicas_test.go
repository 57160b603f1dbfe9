package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// loadMany brings n reports in, many rows a batch.
func loadMany(t testing.TB, s *Store, id string, n int) {
	t.Helper()
	for first, sequence := 0, int32(FirstSequence); first < n; first, sequence = first+1000, sequence+1 {
		rows := make([]report.Row, min(1000, n-first))
		for i := range rows {
			rows[i] = textRow(int64(first+i+2), fmt.Sprintf("R%07d", first+i), fmt.Sprintf("Headache %d", first+i))
		}
		if _, err := s.ApplyBatch(t.Context(), report.Batch{ImportID: id, Sequence: sequence, Digest: fmt.Sprint(sequence),
			Source: "edc", FileHash: id, Rows: rows}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTwoReplicasWorkOneQueueAndEveryChunkOnce(t *testing.T) {
	t.Parallel()
	const reports, chunkSize = 2000, 40
	one := openPG(t)
	two := replica(t, one)
	loadMany(t, one, "load", reports)
	p := openPass(t, one, "all", chunkSize)

	var mu sync.Mutex
	commits := map[int]int{}
	var group sync.WaitGroup
	for n := range 8 {
		s := []*Store{one, two}[n%2]
		group.Go(func() {
			for {
				c, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, fmt.Sprint("owner", n), time.Minute)
				if err != nil || !ok {
					if err != nil {
						t.Error(err)
					}
					return
				}
				list, err := s.Items(t.Context(), c)
				if err != nil || len(list) != chunkSize {
					t.Errorf("%d items, %v", len(list), err)
					return
				}
				results := codeAll(list)
				results[0] = reviewOf(list[0])
				done, err := s.CommitChunk(t.Context(), c, results, 0)
				if err != nil || !done.Done || len(done.Recorded) != chunkSize {
					t.Errorf("%+v %v", done, err)
					return
				}
				mu.Lock()
				commits[c.Seq]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(commits) != reports/chunkSize {
		t.Errorf("%d chunks were committed", len(commits))
	}
	for seq, n := range commits {
		if n != 1 {
			t.Errorf("chunk %d was committed %d times", seq, n)
		}
	}
	ended := finish(t, two, p)
	if ended.Coded != reports-reports/chunkSize || ended.Review != reports/chunkSize || ended.State != run.Completed {
		t.Errorf("%+v", ended)
	}
	for query, want := range map[string]int64{
		"SELECT count(*) FROM codings":                                           ended.Coded,
		"SELECT count(DISTINCT report_id) FROM codings":                          ended.Coded,
		"SELECT count(*) FROM chunks WHERE attempts <> 1":                        0,
		"SELECT count(*) FROM audit WHERE action = 'report.coded'":               ended.Coded,
		"SELECT count(*) FROM pass_members WHERE outcome = '' OR open <> 0":      0,
		"SELECT count(*) FROM ae_reports WHERE status NOT IN ('CODED','REVIEW')": 0,
	} {
		if n := number(t, one, query); n != want {
			t.Errorf("%s: %d, want %d", query, n, want)
		}
	}
	if err := two.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheSameRowsImportedTwiceAtOnceAreOneReportEach(t *testing.T) {
	t.Parallel()
	const n = 1500
	one := openPG(t)
	two := replica(t, one)
	batch := func(id string, backwards bool) report.Batch {
		rows := make([]report.Row, n)
		for i := range rows {
			k := i
			if backwards { // the order in which they would wait for each other
				k = n - 1 - i
			}
			rows[i] = textRow(int64(i+2), fmt.Sprintf("R%04d", k), fmt.Sprintf("Headache %d", k))
		}
		return report.Batch{ImportID: id, Sequence: FirstSequence, Digest: "d", Source: "edc", FileHash: id, Columns: []string{"A", "B"}, Rows: rows, Last: true}
	}
	var group sync.WaitGroup
	var accounts [6]report.Account
	for i := range accounts {
		group.Go(func() {
			result, err := []*Store{one, two}[i%2].ApplyBatch(t.Context(), batch(fmt.Sprint("import-", i), i%2 == 1))
			if err != nil {
				t.Error(err)
			}
			accounts[i] = result.Account
		})
	}
	group.Wait()
	var fresh, unchanged int64
	for _, a := range accounts {
		fresh, unchanged = fresh+a.New, unchanged+a.Unchanged
	}
	if fresh != n || unchanged != n*int64(len(accounts)-1) {
		t.Errorf("%d new, %d unchanged: %+v", fresh, unchanged, accounts)
	}
	if got := number(t, one, "SELECT count(*) FROM ae_reports"); got != n {
		t.Errorf("%d reports", got)
	}
	if err := one.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOneBatchSentTwiceAtOnceIsAppliedOnce(t *testing.T) {
	t.Parallel()
	one := openPG(t)
	two := replica(t, one)
	b := report.Batch{ImportID: "i", Sequence: FirstSequence, Digest: "d", Source: "edc", FileHash: "h",
		Rows: []report.Row{textRow(2, "A", "Headache"), textRow(3, "B", "Nausea")}}
	var group sync.WaitGroup
	var results [8]report.BatchResult
	for i := range results {
		group.Go(func() {
			var err error
			if results[i], err = []*Store{one, two}[i%2].ApplyBatch(t.Context(), b); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	first := 0
	for _, r := range results {
		if !r.Replayed {
			first++
		}
		wantAccount(t, r.Account, 2, 0, 0, 0, 0)
	}
	if first != 1 {
		t.Errorf("applied %d times", first)
	}
}

func TestTheSameReportSubmittedByManyAtOnceIsOne(t *testing.T) {
	t.Parallel()
	one := openPG(t)
	two := replica(t, one)
	var group sync.WaitGroup
	var mu sync.Mutex
	outcomes := map[report.Outcome]int{}
	for i := range 8 {
		group.Go(func() {
			r, outcome, err := []*Store{one, two}[i%2].Submit(t.Context(), textRow(0, "A", "Headache"))
			if err != nil || r.Status != report.Pending {
				t.Errorf("%+v %v", r, err)
			}
			mu.Lock()
			outcomes[outcome]++
			mu.Unlock()
		})
	}
	group.Wait()
	if outcomes[report.New] != 1 || outcomes[report.Unchanged] != 7 {
		t.Errorf("%v", outcomes)
	}
}

func TestOverlappingScopesOpenedAtOnceShareNoReport(t *testing.T) {
	t.Parallel()
	const n = 200
	one := openPG(t)
	two := replica(t, one)
	loadMany(t, one, "load", n)
	other := textRow(2, "X", "Rash")
	other.Identity.Study = "S2"
	newImport(t, one, "other").send(other)
	scopes := []string{"all", "study:S1", "all", "study:S2", "study:S1", "all", "study:S1", "study:S2", "all", "study:S1"}
	var group sync.WaitGroup
	passes := make([]run.Pass, len(scopes))
	for i, scope := range scopes {
		group.Go(func() {
			var err error
			if passes[i], _, err = []*Store{one, two}[i%2].OpenPass(t.Context(), openReq(scope, 7)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	byRun := map[string]run.Pass{}
	for _, p := range passes {
		byRun[fmt.Sprintf("%s %d", p.RunID, p.Number)] = p
	}
	var read int64
	for _, p := range byRun {
		read += p.Read
	}
	if read != n+1 {
		t.Errorf("%d members of %d reports: %+v", read, n+1, byRun)
	}
	if doubled := number(t, one, "SELECT count(*) FROM (SELECT report_id FROM pass_members WHERE open = 1 GROUP BY report_id HAVING count(*) > 1) d"); doubled != 0 {
		t.Errorf("%d reports are in two open passes", doubled)
	}
}

func TestAFinishedPassIsGivenToEveryReplicaThatFinishesIt(t *testing.T) {
	t.Parallel()
	one := openPG(t)
	two := replica(t, one)
	load(t, one, 3)
	p := openPass(t, one, "all", 10)
	c := claim(t, one, p, "me")
	commit(t, one, c, codeAll(items(t, one, c))...)
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			got, ok, err := []*Store{one, two}[i%2].FinishPass(t.Context(), p.RunID, p.Number)
			if err != nil || !ok || got.State != run.Completed || got.Coded != 3 {
				t.Errorf("%+v %v %v", got, ok, err)
			}
		})
	}
	group.Wait()
	if n := number(t, one, "SELECT count(*) FROM audit WHERE action = $1", actionPassEnded); n != 1 {
		t.Errorf("ended %d times", n)
	}
}

// TestEverythingAtOnceOnOneDatabaseStaysConsistent mixes what may meet on the
// same reports: commits, imports that change them, single reports, a pass that
// is cancelled and its successor.
func TestEverythingAtOnceOnOneDatabaseStaysConsistent(t *testing.T) {
	t.Parallel()
	const n = 400
	one := openPG(t)
	two := replica(t, one)
	loadMany(t, one, "load", n)
	p := openPass(t, one, "all", 20)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()

	var group sync.WaitGroup
	for w := range 4 {
		s := []*Store{one, two}[w%2]
		group.Go(func() {
			for {
				c, ok, err := s.ClaimChunk(ctx, p.RunID, p.Number, fmt.Sprint("w", w), time.Minute)
				if err != nil || !ok {
					if err != nil {
						t.Error(err)
					}
					return
				}
				list, err := s.Items(ctx, c)
				if err == nil {
					_, err = s.CommitChunk(ctx, c, codeAll(list), 0)
				}
				if err != nil && !isLeaseLost(err) {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 2 {
		s := []*Store{one, two}[i]
		group.Go(func() {
			for round := range 4 {
				rows := make([]report.Row, 0, n/4)
				for k := range n / 4 {
					rows = append(rows, textRow(int64(k+2), fmt.Sprintf("R%07d", (k*7+round*31+i*13)%n), fmt.Sprintf("changed %d", round)))
				}
				rows = uniqueRows(rows)
				id := fmt.Sprintf("change-%d-%d", i, round)
				if _, err := s.ApplyBatch(ctx, report.Batch{ImportID: id, Sequence: FirstSequence, Digest: "d", Source: "edc", FileHash: id, Rows: rows}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Go(func() {
		for k := range 40 {
			if _, _, err := one.Submit(ctx, textRow(0, fmt.Sprintf("R%07d", k*9%n), "by call")); err != nil {
				t.Error(err)
			}
		}
	})
	group.Go(func() {
		time.Sleep(50 * time.Millisecond)
		if _, err := two.EndPass(ctx, p.RunID, p.Number, run.Cancelled, "by hand", "CANCELLED"); err != nil {
			t.Error(err)
		}
	})
	group.Wait()

	ended, err := one.Pass(t.Context(), p.RunID, p.Number)
	if err != nil || ended.State.Open() {
		t.Fatalf("%+v %v", ended, err)
	}
	balanced(t, ended)
	for query, want := range map[string]int64{
		"SELECT count(*) FROM ae_reports": n,
		`SELECT count(*) FROM ae_reports r WHERE (r.status = 'CODED') <> EXISTS (SELECT 1 FROM codings c
			WHERE c.report_id = r.id AND c.verbatim_version = r.verbatim_version AND c.superseded_at IS NULL)`: 0,
		`SELECT count(*) FROM codings c JOIN ae_reports r ON r.id = c.report_id
			WHERE c.superseded_at IS NULL AND c.verbatim_version <> r.verbatim_version`: 0,
		"SELECT count(*) FROM ae_reports r WHERE NOT EXISTS (SELECT 1 FROM report_versions v WHERE v.report_id = r.id AND v.verbatim_version = r.verbatim_version)": 0,
	} {
		if got := number(t, one, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if err := one.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	next, opened, err := one.OpenPass(t.Context(), openReq("all", 50))
	if err != nil {
		t.Fatal(err)
	}
	if pending := number(t, one, "SELECT count(*) FROM ae_reports WHERE status = 'PENDING'"); opened && next.Read != pending {
		t.Errorf("the next pass took %d of %d", next.Read, pending)
	}
}

func isLeaseLost(err error) bool { return errors.Is(err, run.ErrLeaseLost) }

// uniqueRows keeps the first row of each identity.
func uniqueRows(rows []report.Row) []report.Row {
	seen := map[report.Identity]bool{}
	return slices.DeleteFunc(rows, func(r report.Row) bool {
		again := seen[r.Identity]
		seen[r.Identity] = true
		return again
	})
}
