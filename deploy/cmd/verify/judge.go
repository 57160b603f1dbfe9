package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// judge goes through all reports, writes the faults of each, and counts the files'
// rows by the status of their reports.
type judge struct {
	found  *findings
	passes *passes
	rows   *matcher
	// imports gives an import's file, by hash.
	imports map[string]string
	// twice are the reports that already count as doubled.
	twice bits

	// Counts of the files' rows.
	coded, review, left int64

	// The current report.
	h             *history
	isLost, isTwo bool
	// unsettled are the passes in which it has a fault.
	unsettled map[passKey]bool
}

func (j *judge) all(ctx context.Context, db *database) (err error) {
	j.imports = make(map[string]string)
	err = db.each(ctx, "SELECT id, file_hash FROM imports", nil, func(rows *sql.Rows) error {
		var id, hash string
		err := rows.Scan(&id, &hash)
		j.imports[id] = hash
		return err
	})
	if err != nil {
		return fmt.Errorf("read the imports: %w", err)
	}
	t, err := openTables(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close(ctx)) }()
	j.h, j.unsettled = &history{}, make(map[passKey]bool)
	for {
		more, err := t.next(ctx, j.h)
		if err != nil || !more {
			return err
		}
		j.one()
	}
}

// one judges the current report and counts it.
func (j *judge) one() {
	j.isLost, j.isTwo = false, false
	clear(j.unsettled)
	j.doubles()
	if j.h.report == nil {
		j.wrong(reportGone)
	} else {
		j.state()
		j.audited()
	}
	j.memberships()
	for k := range j.unsettled {
		if p := j.passes.byKey[k]; p != nil {
			p.explained++
		}
	}
	j.count()
}

// wrong writes a fault of the current report.
func (j *judge) wrong(kind fault) {
	j.found.tell(kind, fmt.Sprintf("report %d", j.h.id))
	j.isLost = j.isLost || kind.class == lost
	j.isTwo = j.isTwo || kind.class == doubled
}

// count adds the rows that the report holds to the totals. A lost report counts with
// its rows, at least once; it does not count if the row that it came from is lost
// already.
func (j *judge) count() {
	var held int64
	for _, v := range j.h.versions {
		if j.rows.holds(v.report, v.number) {
			held++
		}
	}
	if j.isTwo && j.twice.set(j.h.id) {
		j.found.doubled++
	}
	switch {
	case j.isLost && held == 0 && j.cameFromLostRow():
	case j.isLost:
		j.found.lost += max(held, 1)
	case held == 0:
	case j.h.report.status == "CODED":
		j.coded += held
	case j.h.report.status == "PENDING":
		j.left += held
	default:
		j.review += held
	}
}

func (j *judge) cameFromLostRow() bool {
	for i := range j.h.entries {
		e := &j.h.entries[i]
		if hash, ok := j.imports[e.Import]; ok && j.rows.lostAt(hash, e.Line) {
			return true
		}
	}
	return false
}

// state checks that the report by itself is in a legal state.
func (j *judge) state() {
	r := j.h.report
	here := false
	for _, v := range j.h.versions {
		here = here || v.number == r.version
	}
	if !here {
		j.wrong(versionMissing)
	}
	live := j.liveNow()
	switch r.status {
	case "CODED":
		if live == 0 {
			j.wrong(codedWithout)
		}
	case "REVIEW":
		if r.reason == "" {
			j.wrong(reviewWithout)
		}
	case "PENDING":
		if live > 0 {
			j.wrong(pendingCoded)
		}
	case "PROPOSED", "QUERY", "UNCODABLE", "WITHDRAWN":
	default:
		j.wrong(statusUnknown)
	}
}

// liveNow counts the live codings of the present verbatim.
func (j *judge) liveNow() (n int) {
	for i := range j.h.codings {
		if c := &j.h.codings[i]; c.live && c.version == j.h.report.version {
			n++
		}
	}
	return n
}

// audited compares the report and its codings with the audit.
func (j *judge) audited() {
	r := j.h.report
	var last *word
	named := make(map[int64]bool)
	for i := range j.h.entries {
		e := &j.h.entries[i]
		if e.bad {
			j.wrong(entryUnreadable)
			continue
		}
		if e.NewStatus != "" {
			last = e
		}
		if e.action == actionCoded {
			named[e.Coding] = true
			j.auditedCoding(e)
		}
	}
	switch {
	case last == nil:
		j.wrong(notAudited)
	case r.human && byProgram(last.actor):
		// A person decided; the audit's last entry is a program's.
	case last.NewStatus != r.status || last.NewReason != r.reason || last.NewVersion != 0 && last.NewVersion != r.version:
		j.wrong(auditContradicts)
	}
	for i := range j.h.codings {
		c := &j.h.codings[i]
		if c.live && c.version == r.version && c.byMachine() && !named[c.id] && !j.isTwo {
			j.wrong(codingNotAudited)
			return
		}
	}
}

// auditedCoding looks for the coding of an audit entry.
func (j *judge) auditedCoding(e *word) {
	for i := range j.h.codings {
		c := &j.h.codings[i]
		if c.id != e.Coding {
			continue
		}
		if c.version != e.NewVersion || c.dictionary != e.Dictionary || c.llt != e.LLT || c.pt != e.PT {
			j.wrong(auditedOtherwise)
		}
		return
	}
	j.wrong(auditedCodingGone)
}

// memberships compares the report's passes with their states and with the audit.
func (j *judge) memberships() {
	for i := range j.h.members {
		m := &j.h.members[i]
		p := j.passes.byKey[m.pass]
		if p == nil {
			j.wrong(memberOfNothing)
			continue
		}
		p.total++
		switch {
		case m.outcome != "":
			p.stands[stand{m.tally, m.detail}]++
		case !p.open():
			j.unsettle(memberUnfinished, m.pass)
		}
		if m.open != p.open() {
			j.unsettle(memberFlag, m.pass)
		}
		if (m.outcome == "coded" || m.outcome == "review") && !j.auditKnows(m) {
			j.unsettle(memberNotAudited, m.pass)
		}
	}
	for i := range j.h.entries {
		if e := &j.h.entries[i]; e.Run != "" && outcomeOf(e) != "" && !j.passKnows(e) {
			j.unsettle(auditedNoMember, passKey{e.Run, e.Pass})
		}
	}
}

func (j *judge) unsettle(kind fault, pass passKey) {
	j.wrong(kind)
	j.unsettled[pass] = true
}

// outcomeOf gives the outcome that a member must have after the entry.
func outcomeOf(e *word) string {
	switch e.action {
	case actionCoded:
		return "coded"
	case actionReview:
		return "review"
	}
	return ""
}

func (j *judge) auditKnows(m *member) bool {
	for i := range j.h.entries {
		e := &j.h.entries[i]
		if e.Run == m.pass.run && e.Pass == m.pass.number && outcomeOf(e) == m.outcome {
			return true
		}
	}
	return false
}

func (j *judge) passKnows(e *word) bool {
	for i := range j.h.members {
		if m := &j.h.members[i]; m.pass.run == e.Run && m.pass.number == e.Pass && m.outcome == outcomeOf(e) {
			return true
		}
	}
	return false
}
