package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// maxChunkSize is the most reports a chunk may have.
const maxChunkSize = 5000

// elsewhere is the method under which a pass counts a report that was coded
// outside it while it was open; changedMeanwhile the class of one whose
// verbatim changed.
const (
	elsewhere        = "elsewhere"
	changedMeanwhile = "CHANGED"
)

// machineMayDecide is the condition, on reports as r, under which the machine
// still has a say: nobody decided, and no reason waits for a person.
var machineMayDecide = func() string {
	var reasons []string
	for _, r := range forPeople {
		reasons = append(reasons, "'"+string(r)+"'")
	}
	return `(r.human_decided = 0 AND (r.status = 'PENDING' OR (r.status = 'REVIEW' AND r.review_reason NOT IN (` +
		strings.Join(reasons, ", ") + `))))`
}()

// forPeople are the reasons of REVIEW that only a person ends: those for which
// Held is true, and Poison.
var forPeople = []report.Reason{
	report.Empty, report.TooLong, report.InvalidUTF8, report.ControlCharacter,
	report.NewlineInVerbatim, report.DuplicateIdentity, report.NotKnown, report.Truncated, report.Poison,
}

const passIsOpen = "state IN ('RUNNING', 'PAUSED')"

// OpenPass implements nightly.Store. The members are fixed in one statement:
// PENDING reports, and REVIEW reports that a machine put there under versions
// other than the pin's, of the scope, received up to the cutoff and in no other
// open pass; serious reports first, then by id.
func (s *Store) OpenPass(ctx context.Context, req run.OpenPass) (pass run.Pass, opened bool, err error) {
	study, err := checkOpenPass(req)
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("open a pass: %w", err)
	}
	err = s.inPassWrite(ctx, func(ctx context.Context, t *txn) error {
		// The indexes hold as well, but would make the second of two openings
		// fail after all its work.
		if err := t.lock(ctx, lockClass, lockPasses); err != nil {
			return err
		}
		pass, opened, err = t.openPass(ctx, req, study)
		return err
	})
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("open a pass of scope %s: %w", req.Scope, err)
	}
	return pass, opened, nil
}

func checkOpenPass(req run.OpenPass) (study string, err error) {
	if study, err = run.ParseScope(req.Scope); err != nil {
		return "", fmt.Errorf("%w: scope: %w", ErrInvalid, err)
	}
	if req.Date != "" {
		if d, err := time.Parse(time.DateOnly, req.Date); err != nil || d.Format(time.DateOnly) != req.Date {
			return "", fmt.Errorf("%w: the date must be YYYY-MM-DD", ErrInvalid)
		}
	}
	if req.ChunkSize < 1 || req.ChunkSize > maxChunkSize {
		return "", fmt.Errorf("%w: a chunk size of %d, must be 1 to %d", ErrInvalid, req.ChunkSize, maxChunkSize)
	}
	if req.RunDeadline < time.Millisecond {
		return "", fmt.Errorf("%w: a run deadline of %v", ErrInvalid, req.RunDeadline)
	}
	return study, nil
}

func (t *txn) openPass(ctx context.Context, req run.OpenPass, study string) (run.Pass, bool, error) {
	date := req.Date
	if date == "" {
		zone := req.Location
		if zone == nil {
			zone = time.UTC
		}
		date = fromMillis(t.now).In(zone).Format(time.DateOnly)
	}
	runID := date + "." + req.Scope
	if _, err := t.exec(ctx, "INSERT INTO runs (id, date, scope, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING",
		runID, date, req.Scope, t.now); err != nil {
		return run.Pass{}, false, fmt.Errorf("note the run: %w", err)
	}
	var last int
	var state run.State
	if _, err := t.row(ctx, "SELECT number, state FROM passes WHERE run_id = $1 ORDER BY number DESC LIMIT 1",
		[]any{runID}, &last, &state); err != nil {
		return run.Pass{}, false, fmt.Errorf("find the run's last pass: %w", err)
	}
	if state.Open() {
		pass, err := t.pass(ctx, runID, last)
		return pass, false, err
	}
	// Without work there is nothing to open; only a run's first pass may be
	// empty.
	if last > 0 {
		var one int
		found, err := t.row(ctx, "SELECT 1 "+membership+" LIMIT 1", t.membershipArgs(req.Pin, study), &one)
		if err != nil {
			return run.Pass{}, false, fmt.Errorf("look for work: %w", err)
		}
		if !found {
			pass, err := t.pass(ctx, runID, last)
			return pass, false, err
		}
	}

	number := last + 1
	p := req.Pin
	if _, err := t.exec(ctx, `INSERT INTO passes (run_id, number, state, cutoff, opened_at, deadline, dictionary, language, synonym_version, engine_version)
		VALUES ($1, $2, 'RUNNING', $3, $3, $4, $5, $6, $7, $8)`,
		runID, number, t.now, t.now+millis(req.RunDeadline), p.Dictionary, p.Language, p.SynonymVersion, p.EngineVersion); err != nil {
		return run.Pass{}, false, fmt.Errorf("note the pass: %w", err)
	}
	args := append(t.membershipArgs(p, study), runID, number, req.ChunkSize)
	members, err := t.exec(ctx, `INSERT INTO pass_members (run_id, pass, chunk_seq, report_id, verbatim_version, open)
		SELECT CAST($6 AS TEXT), CAST($7 AS INTEGER), (row_number() OVER (ORDER BY r.serious DESC, r.id) - 1) / CAST($8 AS INTEGER),
			r.id, r.verbatim_version, 1 `+
		membership, args...)
	if err != nil {
		return run.Pass{}, false, fmt.Errorf("fix the members: %w", err)
	}
	if _, err = t.exec(ctx, `INSERT INTO chunks (run_id, pass, seq, state)
		SELECT DISTINCT run_id, pass, chunk_seq, 'FREE' FROM pass_members WHERE run_id = $1 AND pass = $2`, runID, number); err != nil {
		return run.Pass{}, false, fmt.Errorf("make the chunks: %w", err)
	}
	if _, err = t.exec(ctx, "UPDATE passes SET members = $3 WHERE run_id = $1 AND number = $2", runID, number, members); err != nil {
		return run.Pass{}, false, fmt.Errorf("count the members: %w", err)
	}
	t.log(entry{actor: actorNightly, action: actionPassOpened, detail: detail{Run: runID, Pass: number, Members: &members,
		Dictionary: p.Dictionary, Language: p.Language, Synonyms: p.SynonymVersion, Engine: p.EngineVersion}})
	if members == 0 {
		if err := t.endPass(ctx, runID, number, run.Completed, ""); err != nil {
			return run.Pass{}, false, err
		}
	}
	pass, err := t.pass(ctx, runID, number)
	return pass, true, err
}

// membership is the FROM and WHERE of the reports that a pass takes, with
// parameters $1 to $5. An empty field of a pin means "newest": it is not
// compared.
var membership = `FROM ae_reports r LEFT JOIN suggestions s ON s.report_id = r.id AND s.verbatim_version = r.verbatim_version
		WHERE r.received_at <= $1 AND ($2 = '' OR r.study = $2) AND ` + machineMayDecide + `
		AND (r.status = 'PENDING' OR (r.status = 'REVIEW' AND s.report_id IS NOT NULL AND
			(($3 <> '' AND s.dictionary <> $3) OR ($4 <> '' AND s.synonym_version <> $4) OR ($5 <> '' AND s.engine_version <> $5))))
		AND NOT EXISTS (SELECT 1 FROM pass_members m WHERE m.report_id = r.id AND m.open = 1)`

func (t *txn) membershipArgs(pin report.Versions, study string) []any {
	return []any{t.now, study, pin.Dictionary, pin.SynonymVersion, pin.EngineVersion}
}

const passQuery = `SELECT p.run_id, u.date, u.scope, p.number, p.state, p.state_reason, p.cutoff, p.opened_at, p.finished_at, p.deadline,
		p.dictionary, p.language, p.synonym_version, p.engine_version, p.members, p.summary, p.audit_head
	FROM passes p JOIN runs u ON u.id = p.run_id `

// passes reads passes with their counts; now is for the elapsed time of open
// ones.
func (s *Store) passes(ctx context.Context, limit time.Duration, q querier, now int64, tail string, args ...any) ([]run.Pass, error) {
	var list []run.Pass
	var summaries []string
	err := each(ctx, limit, q, passQuery+tail, args, func(rows *sql.Rows) error {
		var p run.Pass
		var text string
		var cutoff, openedAt, deadline int64
		var finished sql.NullInt64
		if err := rows.Scan(&p.RunID, &p.Date, &p.Scope, &p.Number, &p.State, &p.StateReason, &cutoff, &openedAt, &finished, &deadline,
			&p.Pin.Dictionary, &p.Pin.Language, &p.Pin.SynonymVersion, &p.Pin.EngineVersion, &p.Read, &text, &p.AuditHead); err != nil {
			return err
		}
		p.Cutoff, p.OpenedAt, p.FinishedAt, p.Deadline = fromMillis(cutoff), fromMillis(openedAt), nullMillis(finished), fromMillis(deadline)
		end := now
		if finished.Valid {
			end = finished.Int64
		}
		p.Elapsed = time.Duration(max(0, end-openedAt)) * time.Millisecond
		list = append(list, p)
		summaries = append(summaries, text)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		var sum summary
		if summaries[i] != "" {
			sum, err = decodeSummary(summaries[i])
		} else {
			sum, err = progress(ctx, limit, q, list[i].RunID, list[i].Number)
		}
		if err != nil {
			return nil, fmt.Errorf("count run %s pass %d: %w", list[i].RunID, list[i].Number, err)
		}
		p := &list[i]
		p.CodedByMethod, p.ReviewByReason, p.LeftByReason = sum.Coded, sum.Review, sum.Left
		p.Coded, p.Review = total(sum.Coded), total(sum.Review)
		p.Left = p.Read - p.Coded - p.Review
		if p.State.Open() {
			p.LeftByReason = map[string]int64{}
		}
	}
	return list, nil
}

func (t *txn) pass(ctx context.Context, runID string, number int) (run.Pass, error) {
	list, err := t.s.passes(ctx, t.limit, t.tx, t.now, "WHERE p.run_id = $1 AND p.number = $2", runID, number)
	if err != nil {
		return run.Pass{}, fmt.Errorf("read the pass: %w", err)
	}
	if len(list) == 0 {
		return run.Pass{}, run.ErrNotFound
	}
	return list[0], nil
}

// readPasses is for the methods that only look.
func (s *Store) readPasses(ctx context.Context, tail string, args ...any) (list []run.Pass, err error) {
	err = s.inRead(ctx, func(ctx context.Context) error {
		now, err := s.clock(ctx, s.read)
		if err != nil {
			return err
		}
		list, err = s.passes(ctx, s.cfg.StatementTimeout, s.read, now, tail, args...)
		return err
	})
	return list, err
}

// OpenPasses implements nightly.Store.
func (s *Store) OpenPasses(ctx context.Context) ([]run.Pass, error) {
	list, err := s.readPasses(ctx, "WHERE p."+passIsOpen+" ORDER BY p.id")
	if err != nil {
		return nil, fmt.Errorf("list open passes: %w", err)
	}
	return list, nil
}

// Pass implements nightly.Store. The newest run is the one whose pass was
// opened last.
func (s *Store) Pass(ctx context.Context, runID string, number int) (run.Pass, error) {
	list, err := s.readPasses(ctx, "WHERE ($1 = '' OR p.run_id = $1) AND ($2 = 0 OR p.number = $2) ORDER BY p.id DESC LIMIT 1", runID, number)
	if err == nil && len(list) == 0 {
		err = run.ErrNotFound
	}
	if err != nil {
		return run.Pass{}, fmt.Errorf("get run %q pass %d: %w", runID, number, err)
	}
	return list[0], nil
}

// Runs implements nightly.Store.
func (s *Store) Runs(ctx context.Context, limit int) ([]run.Pass, error) {
	list, err := s.readPasses(ctx, `WHERE p.id IN (SELECT max(id) FROM passes GROUP BY run_id) ORDER BY p.id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return list, nil
}

// SetPaused implements nightly.Store. On a pass that has ended it does nothing.
func (s *Store) SetPaused(ctx context.Context, runID string, number int, paused bool, reason string) error {
	state := run.Running
	if paused {
		state = run.Paused
	} else {
		reason = ""
	}
	err := s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
		n, err := t.exec(ctx, "UPDATE passes SET state = $3, state_reason = $4 WHERE run_id = $1 AND number = $2 AND "+passIsOpen,
			runID, number, string(state), reason)
		if err != nil || n > 0 {
			return err
		}
		var one int
		found, err := t.row(ctx, "SELECT 1 FROM passes WHERE run_id = $1 AND number = $2", []any{runID, number}, &one)
		if err == nil && !found {
			err = run.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("pause run %s pass %d: %w", runID, number, err)
	}
	return nil
}
