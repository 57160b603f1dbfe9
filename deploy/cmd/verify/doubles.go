package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// verbatimIn is a verbatim of the current report in a dictionary.
type verbatimIn struct {
	version    int64
	dictionary string
}

// doubles looks for everything that the current report has twice.
func (j *judge) doubles() {
	j.doubleCodings()
	j.doubleWords()
	var open []passKey
	for i := range j.h.members {
		m := &j.h.members[i]
		if i > 0 && m.pass == j.h.members[i-1].pass {
			j.unsettle(memberTwice, m.pass)
			continue
		}
		if p := j.passes.byKey[m.pass]; p != nil && p.open() {
			open = append(open, m.pass)
		}
	}
	if len(open) > 1 {
		j.wrong(twoOpenPasses)
	}
}

func (j *judge) doubleCodings() {
	live := make(map[verbatimIn]int, 1)
	person := make(map[int64]bool)
	overridden := false
	for i := range j.h.codings {
		c := &j.h.codings[i]
		if c.live {
			live[verbatimIn{c.version, c.dictionary}]++
		}
		// Codings are in the order in which they were made.
		if c.byMachine() {
			overridden = overridden || person[c.version]
		} else {
			person[c.version] = true
		}
	}
	for _, n := range live {
		if n > 1 {
			j.wrong(twoLive)
			break
		}
	}
	if j.h.report != nil && j.liveNow() > 1 {
		j.wrong(twoLivePresent)
	}
	if overridden {
		j.wrong(overPerson)
	}
}

// doubleWords follows the audit. After a machine's coding of a verbatim in a dictionary,
// the next one needs an entry that supersedes the first. The machine may decide only on
// reports that are PENDING or REVIEW.
func (j *judge) doubleWords() {
	standing := make(map[verbatimIn]int64, 1)
	for i := range j.h.entries {
		e := &j.h.entries[i]
		for v, id := range standing {
			if slices.Contains(e.Superseded, id) {
				delete(standing, v)
			}
		}
		if outcomeOf(e) == "" || !byProgram(e.actor) {
			continue
		}
		if e.OldStatus != "PENDING" && e.OldStatus != "REVIEW" {
			j.wrong(overDecision)
		}
		if e.action != actionCoded {
			continue
		}
		v := verbatimIn{e.NewVersion, e.Dictionary}
		if _, again := standing[v]; again {
			j.wrong(codedTwice)
		}
		standing[v] = e.Coding
	}
}

// identities looks for two reports with one identity: of one variant, or with the same
// verbatim and language.
func (j *judge) identities(ctx context.Context, db *database) error {
	tell := func(kind fault) func(rows *sql.Rows) error {
		return func(rows *sql.Rows) error {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			j.found.tell(kind, fmt.Sprintf("report %d", id))
			if j.twice.set(id) {
				j.found.doubled++
			}
			return nil
		}
	}
	err := db.each(ctx, `SELECT r.id FROM ae_reports r
		JOIN (SELECT source, study, record_id, variant, min(id) AS first FROM ae_reports
			GROUP BY source, study, record_id, variant HAVING count(*) > 1) d
		ON r.source = d.source AND r.study = d.study AND r.record_id = d.record_id AND r.variant = d.variant
		WHERE r.id <> d.first ORDER BY r.id`, nil, tell(identityTwice))
	if err != nil {
		return fmt.Errorf("look for identities with two reports: %w", err)
	}
	err = db.each(ctx, `SELECT DISTINCT r.id FROM ae_reports r
		JOIN report_versions v ON v.report_id = r.id AND v.verbatim_version = r.verbatim_version
		JOIN ae_reports o ON o.source = r.source AND o.study = r.study AND o.record_id = r.record_id AND o.variant < r.variant
		JOIN report_versions w ON w.report_id = o.id AND w.verbatim_version = o.verbatim_version
		WHERE r.variant > 0 AND v.verbatim = w.verbatim AND v.language = w.language AND v.verbatim_raw IS NOT DISTINCT FROM w.verbatim_raw
		ORDER BY r.id`, nil, tell(sameContentTwice))
	if err != nil {
		return fmt.Errorf("look for verbatims with two reports: %w", err)
	}
	return nil
}
