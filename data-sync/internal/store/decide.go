package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// poisonNights is how many nights running an item may fail by its own fault
// before a person gets it.
const poisonNights = 3

// subject is a report as the decision about it finds it.
type subject struct {
	id           int64
	version      int
	status       report.Status
	reason       report.Reason
	human        bool
	failedNights int
	failedDate   string
}

const subjectColumns = "r.verbatim_version, r.status, r.review_reason, r.human_decided, r.failed_nights, r.failed_date"

func (s *subject) into() []any {
	return []any{&s.version, &s.status, &s.reason, &s.human, &s.failedNights, &s.failedDate}
}

// machineMayDecide is the SQL condition of that name, in Go.
func (s *subject) machineMayDecide() bool {
	return !s.human && (s.status == report.Pending || (s.status == report.Review && !isForPeople(s.reason)))
}

// provenance says which pass decides; outside one only actor is set.
type provenance struct {
	actor string
	run   string
	pass  int
	date  string
	pin   report.Versions
}

// verdict is what became of one result.
type verdict struct {
	outcome run.Kind
	tally   run.Kind
	detail  string
	// codingID is the live coding's, for those coded here.
	codingID int64
	// To be written; status is empty for those gone.
	status       report.Status
	reason       report.Reason
	lastError    string
	failedNights int
	failedDate   string
}

// decide writes the results whose reports the machine may still decide:
// codings, statuses, suggestions and audit, each in one statement. The subjects
// are as this transaction read them.
func (t *txn) decide(ctx context.Context, where provenance, subjects map[int64]*subject, results []run.Result) (map[int64]verdict, error) {
	verdicts := make(map[int64]verdict, len(results))
	for i := range results {
		r := &results[i]
		r.Versions = fill(r.Versions, where.pin)
		s := subjects[r.ReportID]
		if s.version != r.VerbatimVersion || !s.machineMayDecide() {
			verdicts[r.ReportID] = gone(s)
			continue
		}
		verdicts[r.ReportID] = judge(s, r, where.date)
	}
	if err := t.insertCodings(ctx, where, subjects, results, verdicts); err != nil {
		return nil, fmt.Errorf("store codings: %w", err)
	}
	if err := t.updateStatuses(ctx, subjects, results, verdicts); err != nil {
		return nil, fmt.Errorf("store statuses: %w", err)
	}
	if err := t.updateSuggestions(ctx, results, verdicts); err != nil {
		return nil, fmt.Errorf("store suggestions: %w", err)
	}
	for i := range results {
		t.logVerdict(where, subjects[results[i].ReportID], &results[i], verdicts[results[i].ReportID])
	}
	return verdicts, nil
}

// fill puts the pin's versions where the result names none.
func fill(v, pin report.Versions) report.Versions {
	for _, f := range []struct{ into, from *string }{
		{&v.Dictionary, &pin.Dictionary}, {&v.Language, &pin.Language},
		{&v.SynonymVersion, &pin.SynonymVersion}, {&v.EngineVersion, &pin.EngineVersion},
	} {
		if *f.into == "" {
			*f.into = *f.from
		}
	}
	return v
}

func gone(s *subject) verdict {
	v := verdict{outcome: run.Gone}
	v.tally, v.detail = goneAs(s.status, s.reason)
	return v
}

// judge says what a result makes of a report that the machine may decide.
func judge(s *subject, r *run.Result, date string) verdict {
	switch r.Kind {
	case run.Coded:
		return verdict{outcome: run.Coded, tally: run.Coded, detail: r.Coding.Method, status: report.Coded}
	case run.Review:
		return verdict{outcome: run.Review, tally: run.Review, detail: string(r.Reason), status: report.Review, reason: r.Reason}
	}
	v := verdict{outcome: run.Left, tally: run.Left, detail: r.ErrorClass, status: s.status, reason: s.reason,
		lastError: r.ErrorClass, failedNights: s.failedNights, failedDate: s.failedDate}
	// Only a later night counts: runs of two dates may go on at once.
	if r.ItemFault && date > s.failedDate {
		v.failedNights++
		v.failedDate = date
		if v.failedNights >= poisonNights {
			v.outcome, v.tally, v.detail = run.Review, run.Review, string(report.Poison)
			v.status, v.reason = report.Review, report.Poison
		}
	}
	return v
}

var (
	newCodings = insertion{
		table: "codings",
		columns: columns(`report_id bigint, verbatim_version bigint, dictionary text, language text, synonym_version text,
			engine_version text, llt_code text, llt_name text, pt_code text, pt_name text, hlt_code text, hlt_name text,
			hlgt_code text, hlgt_name text, soc_code text, soc_name text, method text, score double precision,
			decided_by text, decided_at bigint, run_id text, pass bigint`),
		tail: `ON CONFLICT (report_id, verbatim_version, dictionary) WHERE superseded_at IS NULL DO NOTHING
			RETURNING id, report_id`,
	}
	newSuggestions = insertion{
		table: "suggestions",
		columns: columns(`report_id bigint, verbatim_version bigint, reason text, dictionary text, language text,
			synonym_version text, engine_version text, suggested_at bigint, candidates text`),
		tail: `ON CONFLICT (report_id) DO UPDATE SET verbatim_version = excluded.verbatim_version, reason = excluded.reason,
			dictionary = excluded.dictionary, language = excluded.language, synonym_version = excluded.synonym_version,
			engine_version = excluded.engine_version, suggested_at = excluded.suggested_at, candidates = excluded.candidates`,
	}
)

// insertCodings stores the codings. Where a live one stands in the same
// dictionary it stays: a machine's is the same decision made before, a person's
// makes the result gone.
func (t *txn) insertCodings(ctx context.Context, where provenance, subjects map[int64]*subject, results []run.Result, verdicts map[int64]verdict) error {
	var args []any
	var coded []int64
	dictionaries := make(map[int64]string)
	for i := range results {
		r := &results[i]
		if verdicts[r.ReportID].outcome != run.Coded {
			continue
		}
		// What the coding itself says of its versions goes before the answer's.
		r.Versions = fill(r.Coding.Versions, r.Versions)
		c, v := r.Coding, r.Versions
		if v.Dictionary == "" {
			return fmt.Errorf("%w: the coding of report %d names no dictionary", ErrInvalid, r.ReportID)
		}
		by := c.DecidedBy
		if by == "" {
			by = report.Machine
		}
		dictionaries[r.ReportID] = v.Dictionary
		coded = append(coded, r.ReportID)
		args = append(args, r.ReportID, r.VerbatimVersion, v.Dictionary, v.Language, v.SynonymVersion, v.EngineVersion,
			c.LLT.Code, c.LLT.Name, c.PT.Code, c.PT.Name, c.HLT.Code, c.HLT.Name, c.HLGT.Code, c.HLGT.Name, c.SOC.Code, c.SOC.Name,
			c.Method, c.Score, by, t.now, where.run, where.pass)
	}
	inserted := 0
	err := t.insert(ctx, newCodings, args, func(rows *sql.Rows) error {
		var id, reportID int64
		if err := rows.Scan(&id, &reportID); err != nil {
			return err
		}
		v := verdicts[reportID]
		v.codingID = id
		verdicts[reportID] = v
		inserted++
		return nil
	})
	if err != nil || inserted == len(dictionaries) {
		return err
	}
	return t.each(ctx, `SELECT c.id, c.report_id, c.dictionary, c.method, c.decided_by FROM codings c
		JOIN ae_reports r ON r.id = c.report_id AND r.verbatim_version = c.verbatim_version
		WHERE c.superseded_at IS NULL AND `+t.s.d.in("c.report_id", "$1"), []any{t.s.d.ids(coded)},
		func(rows *sql.Rows) error {
			var id, reportID int64
			var dictionary, method, by string
			if err := rows.Scan(&id, &reportID, &dictionary, &method, &by); err != nil {
				return err
			}
			v := verdicts[reportID]
			if v.codingID != 0 || dictionary != dictionaries[reportID] {
				return nil
			}
			if by != report.Machine {
				v = gone(subjects[reportID])
			} else {
				v.codingID, v.detail = id, method
			}
			verdicts[reportID] = v
			return nil
		})
}

func (t *txn) updateStatuses(ctx context.Context, subjects map[int64]*subject, results []run.Result, verdicts map[int64]verdict) error {
	// Few kinds of change among many reports: one statement for each kind.
	type fate struct {
		version      int
		status       report.Status
		reason       report.Reason
		lastError    string
		failedNights int
		failedDate   string
	}
	groups := make(map[fate][]int64)
	changed := 0
	for _, r := range results {
		v := verdicts[r.ReportID]
		if v.status == "" {
			continue
		}
		k := fate{subjects[r.ReportID].version, v.status, v.reason, v.lastError, v.failedNights, v.failedDate}
		groups[k] = append(groups[k], r.ReportID)
		changed++
	}
	updated := int64(0)
	for k, reports := range groups {
		// coalesce keeps SQLite from walking the index on status.
		n, err := t.exec(ctx, `UPDATE ae_reports SET status = $2, review_reason = $3, last_error = $4, failed_nights = $5,
				failed_date = $6, updated_at = $7, status_since = CASE WHEN status = $2 THEN coalesce(status_since, updated_at) ELSE $7 END
			WHERE `+t.s.d.in("id", "$1")+` AND verbatim_version = $8
			AND coalesce(status, '') IN ('PENDING', 'REVIEW') AND human_decided = 0`,
			t.s.d.ids(reports), string(k.status), string(k.reason), k.lastError, k.failedNights, k.failedDate, t.now, k.version)
		if err != nil {
			return err
		}
		updated += n
	}
	if updated != int64(changed) {
		return fmt.Errorf("%w: %d of %d reports were updated", errConditions, updated, changed)
	}
	return nil
}

// updateSuggestions keeps those of reports in review, with the versions that
// made them, and drops those of reports that are done with.
func (t *txn) updateSuggestions(ctx context.Context, results []run.Result, verdicts map[int64]verdict) error {
	var keep []any
	var drop []int64
	for _, r := range results {
		switch v := verdicts[r.ReportID]; {
		case v.status == report.Coded, v.reason == report.Poison:
			drop = append(drop, r.ReportID)
		case v.outcome == run.Review:
			candidates := []byte("[]")
			if len(r.Candidates) > 0 {
				var err error
				if candidates, err = json.Marshal(r.Candidates); err != nil {
					return fmt.Errorf("encode the candidates of report %d: %w", r.ReportID, err)
				}
			}
			w := r.Versions
			keep = append(keep, r.ReportID, r.VerbatimVersion, string(r.Reason), w.Dictionary, w.Language, w.SynonymVersion,
				w.EngineVersion, t.now, string(candidates))
		}
	}
	if err := t.insert(ctx, newSuggestions, keep, nil); err != nil {
		return err
	}
	if len(drop) == 0 {
		return nil
	}
	_, err := t.exec(ctx, "DELETE FROM suggestions WHERE "+t.s.d.in("report_id", "$1"), t.s.d.ids(drop))
	return err
}

// logVerdict notes in the audit what the machine decided; a report that is left
// or gone did not change.
func (t *txn) logVerdict(where provenance, s *subject, r *run.Result, v verdict) {
	if v.outcome != run.Coded && v.outcome != run.Review {
		return
	}
	d := detail{OldStatus: s.status, OldReason: s.reason, NewStatus: v.status, NewReason: v.reason, NewVersion: s.version,
		Run: where.run, Pass: where.pass, Dictionary: r.Versions.Dictionary, Language: r.Versions.Language,
		Synonyms: r.Versions.SynonymVersion, Engine: r.Versions.EngineVersion}
	action := actionReview
	if v.outcome == run.Coded {
		action = actionCoded
		c := r.Coding
		d.Coding, d.LLT, d.PT, d.SOC, d.Method = v.codingID, c.LLT.Code, c.PT.Code, c.SOC.Code, v.detail
	}
	t.log(entry{actor: where.actor, action: action, reportID: s.id, detail: d})
}
