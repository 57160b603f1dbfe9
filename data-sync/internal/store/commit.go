package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// member is one report of a chunk as CommitChunk finds it.
type member struct {
	subject
	outcome run.Kind
	tally   run.Kind
	detail  string
	// fixed is the verbatim version the pass took.
	fixed int
}

// CommitChunk implements nightly.Store. A report that is no longer the pass's
// to decide becomes gone, whatever its result says. A second call with the same
// results, after an ambiguous answer, writes nothing and gives the same
// Recorded, unless another owner has claimed the chunk meanwhile
// (ErrLeaseLost).
func (s *Store) CommitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (done run.Commit, err error) {
	for _, r := range results {
		if err := checkResult(r); err != nil {
			return run.Commit{}, fmt.Errorf("commit chunk %d of run %s pass %d: %w", c.Seq, c.RunID, c.Pass, err)
		}
	}
	err = s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
		done, err = t.commitChunk(ctx, c, results, after)
		return err
	})
	if err != nil {
		return run.Commit{}, fmt.Errorf("commit chunk %d of run %s pass %d: %w", c.Seq, c.RunID, c.Pass, err)
	}
	return done, nil
}

func checkResult(r run.Result) error {
	var missing string
	switch {
	case r.Kind == run.Coded && r.Coding == nil:
		missing = "a coding"
	case r.Kind == run.Coded && (r.Coding.LLT.Code == "" || r.Coding.PT.Code == ""):
		missing = "an LLT and a PT"
	case r.Kind == run.Coded && !finite(r.Coding.Score):
		missing = "a finite score"
	case r.Kind == run.Review && r.Reason == "":
		missing = "a reason"
	case r.Kind == run.Left && r.ErrorClass == "":
		missing = "an error class"
	case r.Kind != run.Coded && r.Kind != run.Review && r.Kind != run.Left:
		missing = "a kind that can be committed"
	default:
		return nil
	}
	return fmt.Errorf("%w: the result of report %d lacks %s", ErrInvalid, r.ReportID, missing)
}

func (t *txn) commitChunk(ctx context.Context, c run.Chunk, results []run.Result, after time.Duration) (run.Commit, error) {
	leased, err := t.holds(ctx, c)
	if err != nil {
		return run.Commit{}, err
	}
	members, err := t.members(ctx, c)
	if err != nil {
		return run.Commit{}, fmt.Errorf("read the members: %w", err)
	}
	fresh := make([]run.Result, 0, len(results))
	subjects := make(map[int64]*subject, len(results))
	asked := make(map[int64]bool, len(results))
	for _, r := range results {
		m := members[r.ReportID]
		switch {
		case m == nil:
			return run.Commit{}, fmt.Errorf("%w: report %d is no member of the chunk", ErrInvalid, r.ReportID)
		case asked[r.ReportID]:
			return run.Commit{}, fmt.Errorf("%w: two results for report %d", ErrInvalid, r.ReportID)
		case r.Kind != run.Left && r.VerbatimVersion != m.fixed:
			return run.Commit{}, fmt.Errorf("%w: the result of report %d is for version %d of its verbatim, the pass took %d",
				ErrInvalid, r.ReportID, r.VerbatimVersion, m.fixed)
		}
		asked[r.ReportID] = true
		if m.outcome == "" {
			r.VerbatimVersion = m.fixed
			fresh = append(fresh, r)
			subjects[r.ReportID] = &m.subject
		}
	}
	if !leased && len(fresh) > 0 {
		return run.Commit{}, run.ErrLeaseLost
	}

	where, err := t.provenance(ctx, c)
	if err != nil {
		return run.Commit{}, err
	}
	applied, err := t.decide(ctx, where, subjects, fresh)
	if err != nil {
		return run.Commit{}, err
	}
	if err := t.noteOutcomes(ctx, c, applied); err != nil {
		return run.Commit{}, fmt.Errorf("note the outcomes: %w", err)
	}
	done := run.Commit{Recorded: make(map[int64]int64, len(results)), Done: true}
	sum := newSummary()
	for id, m := range members {
		if a, ok := applied[id]; ok {
			m.outcome, m.tally, m.detail = a.outcome, a.tally, a.detail
		}
		if m.outcome == "" {
			done.Done = false
		} else if err := sum.add(m.tally, m.detail, 1); err != nil {
			return run.Commit{}, err
		}
	}
	for id := range asked {
		if members[id].outcome == run.Gone {
			done.Gone = append(done.Gone, id)
		}
	}
	slices.Sort(done.Gone)
	if err := t.recorded(ctx, members, asked, applied, done.Recorded); err != nil {
		return run.Commit{}, fmt.Errorf("read the codings back: %w", err)
	}
	if !leased {
		return done, nil
	}
	// The owner's name stays, so that a repeat of this call is known.
	state, notBefore := chunkDone, int64(0)
	if !done.Done {
		state, notBefore = chunkFree, t.now+millis(after)
	}
	tally, err := sum.encode()
	if err != nil {
		return run.Commit{}, err
	}
	n, err := t.exec(ctx, "UPDATE chunks SET state = $6, lease_until = 0, not_before = $7, tally = $8, tries = $9 WHERE "+mine,
		chunkArgs(c, state, notBefore, tally, c.Tries)...)
	if err == nil && n != 1 {
		err = run.ErrLeaseLost
	}
	return done, err
}

// holds reports whether the chunk is leased to this owner; if it is not, but
// this owner's commit was the last to touch it, the call may be a repeat.
func (t *txn) holds(ctx context.Context, c run.Chunk) (bool, error) {
	var state, owner string
	var attempts int
	found, err := t.row(ctx, "SELECT state, owner, attempts FROM chunks WHERE run_id = $1 AND pass = $2 AND seq = $3"+t.s.d.lockRow,
		[]any{c.RunID, c.Pass, c.Seq}, &state, &owner, &attempts)
	switch {
	case err != nil:
		return false, fmt.Errorf("read the chunk: %w", err)
	case !found, owner != c.Owner, attempts != c.Attempt:
		return false, run.ErrLeaseLost
	}
	return state == chunkLeased, nil
}

func (t *txn) members(ctx context.Context, c run.Chunk) (map[int64]*member, error) {
	members := make(map[int64]*member)
	err := t.each(ctx, `SELECT m.report_id, m.verbatim_version, m.outcome, m.tally, m.detail, `+subjectColumns+`
		FROM pass_members m JOIN ae_reports r ON r.id = m.report_id
		WHERE m.run_id = $1 AND m.pass = $2 AND m.chunk_seq = $3`+t.s.d.lockReports, []any{c.RunID, c.Pass, c.Seq},
		func(rows *sql.Rows) error {
			m := &member{}
			if err := rows.Scan(append([]any{&m.id, &m.fixed, &m.outcome, &m.tally, &m.detail}, m.into()...)...); err != nil {
				return err
			}
			members[m.id] = m
			return nil
		})
	return members, err
}

func (t *txn) provenance(ctx context.Context, c run.Chunk) (provenance, error) {
	w := provenance{actor: actorNightly, run: c.RunID, pass: c.Pass}
	found, err := t.row(ctx, `SELECT u.date, p.dictionary, p.language, p.synonym_version, p.engine_version
		FROM passes p JOIN runs u ON u.id = p.run_id WHERE p.run_id = $1 AND p.number = $2`, []any{c.RunID, c.Pass},
		&w.date, &w.pin.Dictionary, &w.pin.Language, &w.pin.SynonymVersion, &w.pin.EngineVersion)
	if err == nil && !found {
		err = run.ErrNotFound
	}
	if err != nil {
		return w, fmt.Errorf("read the pass: %w", err)
	}
	return w, nil
}

func (t *txn) noteOutcomes(ctx context.Context, c run.Chunk, applied map[int64]verdict) error {
	// Few kinds of outcome among many members: one statement for each kind.
	type note struct {
		outcome, tally run.Kind
		detail         string
	}
	groups := make(map[note][]int64)
	for id, a := range applied {
		k := note{a.outcome, a.tally, a.detail}
		groups[k] = append(groups[k], id)
	}
	noted := int64(0)
	for k, members := range groups {
		n, err := t.exec(ctx, `UPDATE pass_members SET outcome = $2, tally = $3, detail = $4
			WHERE run_id = $5 AND pass = $6 AND chunk_seq = $7 AND outcome = '' AND `+t.s.d.in("report_id", "$1"),
			t.s.d.ids(members), string(k.outcome), string(k.tally), k.detail, c.RunID, c.Pass, c.Seq)
		if err != nil {
			return err
		}
		noted += n
	}
	if noted != int64(len(applied)) {
		return fmt.Errorf("%d of %d were noted", noted, len(applied))
	}
	return nil
}

// recorded fills in what the database holds for each report asked about: the id
// of its live coding, 0 in review; nothing for one that is left.
func (t *txn) recorded(ctx context.Context, members map[int64]*member, asked map[int64]bool, applied map[int64]verdict, out map[int64]int64) error {
	var ids []int64
	for id := range asked {
		m := members[id]
		switch {
		case m.tally == run.Coded && applied[id].codingID != 0:
			out[id] = applied[id].codingID
		case m.tally == run.Coded:
			ids = append(ids, id)
		case m.tally == run.Review && m.outcome == run.Review:
			out[id] = 0
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return t.each(ctx, `SELECT r.id, max(c.id) FROM ae_reports r
		JOIN codings c ON c.report_id = r.id AND c.verbatim_version = r.verbatim_version AND c.superseded_at IS NULL
		WHERE `+t.s.d.in("r.id", "$1")+` GROUP BY r.id`, []any{t.s.d.ids(ids)}, func(rows *sql.Rows) error {
		var id, coding int64
		if err := rows.Scan(&id, &coding); err != nil {
			return err
		}
		out[id] = coding
		return nil
	})
}

// Record writes the outcome of one report that was coded outside a pass, with
// the conditions and the audit of CommitChunk, and gives the report as it now
// stands. Where the machine may no longer decide, nothing is written. A Left
// result notes its error class; outside a night it does not count towards
// Poison.
func (s *Store) Record(ctx context.Context, reportID int64, r run.Result) (stored report.Report, err error) {
	r.ReportID = reportID
	err = checkResult(r)
	if err == nil {
		err = s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
			sub := &subject{}
			found, err := t.row(ctx, "SELECT "+subjectColumns+" FROM ae_reports r WHERE r.id = $1"+s.d.lockReports, []any{reportID}, sub.into()...)
			if err != nil {
				return err
			}
			if !found {
				return ErrNotFound
			}
			sub.id = reportID
			if _, err = t.decide(ctx, provenance{actor: actorCall}, map[int64]*subject{reportID: sub}, []run.Result{r}); err != nil {
				return err
			}
			stored, err = t.report(ctx, reportID)
			return err
		})
	}
	if err != nil {
		return report.Report{}, fmt.Errorf("record the outcome of report %d: %w", reportID, err)
	}
	return stored, nil
}

var errConditions = errors.New("a report changed within the transaction that holds it")

// isForPeople is machineMayDecide's list of reasons.
func isForPeople(r report.Reason) bool { return r.Held() || slices.Contains(forPeople, r) }
