package nightly_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/report"
)

// check compares all that the database holds with the model, past the store,
// and each pass's balance through it.
func (m *machine) check(t *rapid.T) {
	var got, want []string
	m.rows(t, &got, "SELECT id, status, review_reason, verbatim_version, human_decided FROM ae_reports ORDER BY id", 5)
	for _, r := range m.reports {
		human := 0
		if r.human {
			human = 1
		}
		want = append(want, fmt.Sprintln(r.id, r.status, r.reason, r.version, human))
	}
	same(t, "reports", got, want)

	got, want = nil, nil
	m.rows(t, &got, `SELECT report_id, verbatim_version, decided_by, count(*) FROM codings WHERE superseded_at IS NULL
		GROUP BY report_id, verbatim_version, dictionary, decided_by ORDER BY report_id, verbatim_version`, 4)
	for _, r := range m.reports {
		if r.live != "" {
			want = append(want, fmt.Sprintln(r.id, r.version, r.live, 1))
		}
	}
	same(t, "live codings", got, want)

	got = nil
	m.rows(t, &got, `SELECT m.report_id, count(DISTINCT p.id) FROM pass_members m JOIN passes p ON p.run_id = m.run_id AND p.number = m.pass
		WHERE p.state IN ('RUNNING', 'PAUSED') GROUP BY m.report_id HAVING count(DISTINCT p.id) > 1`, 2)
	same(t, "reports in two open passes", got, nil)

	for _, p := range m.passes {
		if p.checked {
			continue // it has ended, and nothing of it changes any more: settle looks again
		}
		p.checked = !p.state.Open()
		now, err := m.store.Pass(m.ctx, p.runID, p.number)
		if err != nil {
			t.Fatal(err)
		}
		coded, review, left := p.balance()
		if now.State != p.state || now.Read != now.Coded+now.Review+now.Left || now.Coded != coded || now.Review != review || now.Left != left {
			t.Fatalf("%s pass %d is %s, read %d, coded %d, review %d, left %d; want %s with %d, %d, %d",
				p.runID, p.number, now.State, now.Read, now.Coded, now.Review, now.Left, p.state, coded, review, left)
		}
	}
}

func (m *machine) rows(t *rapid.T, into *[]string, query string, columns int) {
	rows, err := m.db.sql.QueryContext(m.ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		values, places := make([]string, columns), make([]any, columns)
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		*into = append(*into, strings.Join(values, " ")+"\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func same(t *rapid.T, what string, got, want []string) {
	if g, w := strings.Join(got, ""), strings.Join(want, ""); g != w {
		t.Fatalf("%s:\n%swant:\n%s", what, g, w)
	}
}

// settle lets all actors finish what is open, then a last pass of everything.
func (m *machine) settle(t *rapid.T) {
	m.calm = true
	if err := m.flush(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, p := range m.openPasses() {
			for seq, c := range p.chunks {
				if c.leased {
					m.expire(t, p, seq)
				}
			}
			for a := (&actor{}); ; m.check(t) {
				if a.step = 1; !p.finishable() {
					m.claimOf(t, a, p)
				}
				if a.pass == nil {
					break
				}
				for a.pass != nil {
					m.advance(t, a)
				}
			}
			if !m.finishPass(t, p) {
				t.Fatalf("%s pass %d cannot be finished", p.runID, p.number)
			}
		}
		m.openPass(t, "2026-03-09", "all", 3)
	}
	for _, r := range m.reports {
		if r.status == report.Pending && r.verbatim[0] != 'f' {
			t.Fatalf("report %d could be coded and is still pending", r.id)
		}
	}
	for _, p := range m.passes {
		p.checked = false
	}
	m.check(t)
	if err := m.db.store.VerifyAudit(m.ctx); err != nil {
		t.Fatalf("VerifyAudit: %v", err)
	}
}
