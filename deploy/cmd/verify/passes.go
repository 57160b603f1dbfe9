package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// passKey identifies a pass.
type passKey struct {
	run    string
	number int64
}

func (k passKey) compare(o passKey) int {
	return cmp.Or(cmp.Compare(k.run, o.run), cmp.Compare(k.number, o.number))
}

// stand is a member's outcome in a pass's summary, with its detail.
type stand struct{ tally, detail string }

// pass is one pass, with the outcomes of its members.
type pass struct {
	state   string
	members int64
	summary map[stand]int64
	// summaryBad: the summary cannot be read.
	summaryBad bool

	// ends counts the audit's entries for its end; auditedEnd is the last one.
	ends       int
	auditedEnd passEnd

	// total and stands count its members. explained counts the members that have a fault
	// of their own.
	total, explained int64
	stands           map[stand]int64
}

func (p *pass) open() bool { return p.state == "RUNNING" || p.state == "PAUSED" }

// passes are all passes, and the audit links that they noted at their ends.
type passes struct {
	byKey map[passKey]*pass
	heads map[int64]string
	// strange are passes whose end the audit has and that do not exist.
	strange map[passKey]bool
}

func loadPasses(ctx context.Context, db *database) (*passes, error) {
	all := &passes{byKey: make(map[passKey]*pass), heads: make(map[int64]string), strange: make(map[passKey]bool)}
	err := db.each(ctx, "SELECT run_id, number, state, members, summary, audit_head, audit_tx FROM passes ORDER BY id", nil,
		func(rows *sql.Rows) error {
			var k passKey
			var summary, head string
			var tx int64
			p := &pass{stands: make(map[stand]int64)}
			if err := rows.Scan(&k.run, &k.number, &p.state, &p.members, &summary, &head, &tx); err != nil {
				return err
			}
			if summary != "" {
				var ok bool
				p.summary, ok = readSummary([]byte(summary))
				p.summaryBad = !ok
			}
			if head != "" {
				all.heads[tx] = head
			}
			all.byKey[k] = p
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read the passes: %w", err)
	}
	return all, nil
}

// readSummary flattens {"coded": {method: n}, "review": ..., "left": ...}.
func readSummary(text []byte) (counts map[stand]int64, ok bool) {
	var byTally map[string]map[string]int64
	if json.Unmarshal(text, &byTally) != nil {
		return nil, false
	}
	counts = make(map[stand]int64)
	for tally, byDetail := range byTally {
		for detail, n := range byDetail {
			counts[stand{tally, detail}] = n
		}
	}
	return counts, true
}

// passEnd is the detail of the audit's entry on a pass's end.
type passEnd struct {
	Run     string          `json:"run"`
	Pass    int64           `json:"pass"`
	State   string          `json:"state"`
	Summary json.RawMessage `json:"summary"`
}

func (all *passes) noteEnd(detail string) {
	var end passEnd
	// An end that cannot be read names no pass, which then has no end.
	_ = json.Unmarshal([]byte(detail), &end)
	k := passKey{end.Run, end.Pass}
	if p := all.byKey[k]; p != nil {
		p.ends++
		p.auditedEnd = end
	} else {
		all.strange[k] = true
	}
}

// settle compares each pass's members with its summary, and its end with the audit.
// Members that have a fault of their own do not count again.
func (all *passes) settle(found *findings) {
	for _, k := range slices.SortedFunc(maps.Keys(all.byKey), passKey.compare) {
		p, where := all.byKey[k], fmt.Sprintf("run %s pass %d", k.run, k.number)
		if n := p.astray(); n > p.explained {
			found.tell(passSummary, where)
			found.lost += n - p.explained
		}
		if !p.endsAsAudited() {
			found.tell(passEndAudit, where)
			found.lost++
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(all.strange), passKey.compare) {
		found.tell(passNotInTable, fmt.Sprintf("run %s pass %d", k.run, k.number))
		found.lost++
	}
}

// astray counts the members by which a pass differs from its summary.
func (p *pass) astray() int64 {
	off := max(p.members-p.total, p.total-p.members)
	if p.open() {
		return off
	}
	if p.summaryBad {
		return max(off, 1)
	}
	var short, over int64
	for s := range maps.Keys(p.summary) {
		short += max(0, p.summary[s]-p.stands[s])
	}
	for s := range maps.Keys(p.stands) {
		over += max(0, p.stands[s]-p.summary[s])
	}
	return max(off, short, over)
}

func (p *pass) endsAsAudited() bool {
	if p.open() {
		return p.ends == 0
	}
	summary, ok := readSummary(p.auditedEnd.Summary)
	return ok && p.ends == 1 && p.auditedEnd.State == p.state && maps.Equal(summary, p.summary)
}
