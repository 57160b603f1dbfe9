package admission_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"aecode/data-sync/internal/admission"
	"aecode/data-sync/internal/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var alice = report.Identity{Source: "edc", Study: "S1", RecordID: "A"}

// row is a row of alice's; its columns are encoded as fields.
type row struct {
	verbatim, language string
	raw                string
	hold               report.Reason
	serious            bool
	fields             string
}

func (r row) parsed(line int64) report.Row {
	p := report.Row{Line: line, Identity: alice, Verbatim: r.verbatim, Language: r.language, Hold: r.hold, Serious: r.serious}
	if r.raw != "" {
		p.VerbatimRaw = []byte(r.raw)
	}
	return p
}

// stored is a report that the database holds.
func stored(verbatim string, status report.Status, reason report.Reason, variant int) *admission.Report {
	return &admission.Report{ID: int64(10 + variant), Identity: alice, Variant: variant, State: admission.State{
		Status: status, Reason: reason, Version: 3, Content: admission.Content{Verbatim: verbatim}, Fields: "{}",
	}}
}

// decision is what became of a report, in the words of the rules.
type decision struct {
	Variant  int
	Status   report.Status
	Reason   report.Reason
	Version  int
	Verbatim string
	Outcome  report.Outcome
	Is       string // new, changed, version, void, named
}

func decided(r *admission.Report) decision {
	var is []string
	for _, f := range []struct {
		word string
		on   bool
	}{
		{"new", r.Before() == nil}, {"changed", r.Changed()}, {"version", r.NewVersion()}, {"void", r.Void()}, {"named", r.Renamed()},
	} {
		if f.on {
			is = append(is, f.word)
		}
	}
	return decision{Variant: r.Variant, Status: r.Status, Reason: r.Reason, Version: r.Version,
		Verbatim: r.Content.Verbatim + string(r.Content.Raw), Outcome: r.Outcome, Is: strings.Join(is, " ")}
}

const (
	pending = report.Pending
	review  = report.Review
	dup     = report.DuplicateIdentity
)

func TestRowsAreDecidedByTheRules(t *testing.T) {
	for _, tt := range []struct {
		rule    string
		call    bool // outside any import
		known   []*admission.Report
		rows    []row
		outcome []report.Outcome
		account report.Account
		want    []decision
		reasons []report.Reason // of the problems
	}{
		{
			rule: "an identity that nobody has is a new report", rows: []row{{verbatim: "Headache", fields: "{}"}},
			outcome: []report.Outcome{report.New}, account: report.Account{Rows: 1, New: 1},
			want: []decision{{0, pending, "", 1, "Headache", report.New, "new version named"}},
		},
		{
			rule: "a row that the parser holds is stored and waits for a person, and is no problem of ours",
			rows: []row{{hold: report.Empty, fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want: []decision{{0, review, report.Empty, 1, "", report.Held, "new version named"}},
		},
		{
			rule: "bytes that are no text are kept raw, and held even where the parser did not say so",
			rows: []row{{verbatim: "Head\x00ache", fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want:    []decision{{0, review, report.InvalidUTF8, 1, "Head\x00ache", report.Held, "new version named"}},
			reasons: []report.Reason{report.InvalidUTF8},
		},
		{
			rule: "the same row again is unchanged, whoever decided its report", known: []*admission.Report{stored("Headache", report.Uncodable, "", 0)},
			rows: []row{{verbatim: "Headache", fields: "{}"}}, outcome: []report.Outcome{report.Unchanged}, account: report.Account{Rows: 1, Unchanged: 1},
			want: []decision{{0, report.Uncodable, "", 3, "Headache", report.Unchanged, "named"}},
		},
		{
			rule: "another encoding of the same columns is unchanged", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", fields: "{ }"}}, outcome: []report.Outcome{report.Unchanged}, account: report.Account{Rows: 1, Unchanged: 1},
			want: []decision{{0, report.Coded, "", 3, "Headache", report.Unchanged, "named"}},
		},
		{
			rule: "other columns change the report and leave its coding", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", fields: "{x}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, report.Coded, "", 3, "Headache", report.Changed, "changed named"}},
		},
		{
			rule: "another seriousness changes the report and leaves its coding", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", serious: true, fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, report.Coded, "", 3, "Headache", report.Changed, "changed named"}},
		},
		{
			rule: "another verbatim is a new version, PENDING again, and voids the coding", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, "Nausea", report.Changed, "changed version void named"}},
		},
		{
			rule: "another language is a new version", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", language: "en", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, "Headache", report.Changed, "changed version void named"}},
		},
		{
			rule: "a changed verbatim that cannot be coded is held as a new version", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{hold: report.Empty, fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want: []decision{{0, review, report.Empty, 4, "", report.Held, "changed version void named"}},
		},
		{
			rule: "two verbatims under one identity in one import are both kept and held, the first one's count too",
			rows: []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.New, report.Held},
			account: report.Account{Rows: 2, Held: 2},
			want: []decision{
				{0, review, dup, 1, "Headache", report.Held, "new version named"}, {1, review, dup, 1, "Nausea", report.Held, "new version named"},
			},
			reasons: []report.Reason{dup, dup},
		},
		{
			rule: "a third verbatim is kept beside the two", rows: []row{{verbatim: "A", fields: "{}"}, {verbatim: "B", fields: "{}"}, {verbatim: "C", fields: "{}"}},
			outcome: []report.Outcome{report.New, report.Held, report.Held}, account: report.Account{Rows: 3, Held: 3},
			want: []decision{
				{0, review, dup, 1, "A", report.Held, "new version named"}, {1, review, dup, 1, "B", report.Held, "new version named"},
				{2, review, dup, 1, "C", report.Held, "new version named"},
			},
			reasons: []report.Reason{dup, dup, dup},
		},
		{
			rule:  "a known report that the import names twice differently is held, and its coding no longer holds",
			known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows:  []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.Unchanged, report.Held},
			account: report.Account{Rows: 2, Held: 2},
			want: []decision{
				{0, review, dup, 3, "Headache", report.Held, "changed void named"}, {1, review, dup, 1, "Nausea", report.Held, "new version named"},
			},
			reasons: []report.Reason{dup, dup},
		},
		{
			rule: "the same row twice in one import is one report, and the second is unchanged",
			rows: []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Headache", fields: "{}"}}, outcome: []report.Outcome{report.New, report.Unchanged},
			account: report.Account{Rows: 2, New: 1, Unchanged: 1},
			want:    []decision{{0, pending, "", 1, "Headache", report.New, "new version named"}},
		},
		{
			rule:  "a correction while two duplicates wait is a further duplicate",
			known: []*admission.Report{stored("A", review, dup, 0), stored("B", review, dup, 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want:    []decision{{2, review, dup, 1, "C", report.Held, "new version named"}},
			reasons: []report.Reason{dup},
		},
		{
			rule:  "a correction where a person has settled the duplicates changes the one that stands",
			known: []*admission.Report{stored("A", report.Withdrawn, "", 0), stored("B", report.Coded, "", 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{1, pending, "", 4, "C", report.Changed, "changed version void named"}},
		},
		{
			rule:  "a correction prefers the report that does not wait as a duplicate",
			known: []*admission.Report{stored("A", review, dup, 0), stored("B", report.Coded, "", 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{1, pending, "", 4, "C", report.Changed, "changed version void named"}},
		},
		{
			rule:  "where all are withdrawn the first is changed",
			known: []*admission.Report{stored("A", report.Withdrawn, "", 0), stored("B", report.Withdrawn, "", 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, "C", report.Changed, "changed version void named"}},
		},
		{
			rule: "two calls outside an import are two corrections, not duplicates", call: true,
			rows: []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.New, report.New},
			account: report.Account{Rows: 2, New: 2},
			want:    []decision{{0, pending, "", 2, "Nausea", "", "new version"}},
		},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			b := admission.New(!tt.call, report.Account{}, func(a, b string) bool {
				return strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "")
			})
			for _, r := range tt.known {
				b.Know(r)
			}
			var outcomes []report.Outcome
			for i, r := range tt.rows {
				_, outcome := b.Take(r.parsed(int64(i+2)), r.fields)
				outcomes = append(outcomes, outcome)
			}
			var got []decision
			for _, r := range b.Touched() {
				got = append(got, decided(r))
			}
			var reasons []report.Reason
			for _, p := range b.Problems {
				reasons = append(reasons, report.Reason(p.Reason))
			}
			if diff := cmp.Diff(tt.outcome, outcomes); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("reports (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.account, b.Account); diff != "" || !b.Account.Balanced() {
				t.Errorf("account (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.reasons, reasons); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEveryVerbatimOfAnImportIsKept takes random rows and looks for each one's
// verbatim among the reports: none may replace another.
func TestEveryVerbatimOfAnImportIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := admission.New(true, report.Account{}, func(a, b string) bool { return a == b })
		if rapid.Bool().Draw(t, "known") {
			b.Know(stored("A", rapid.SampledFrom([]report.Status{pending, report.Coded, review, report.Withdrawn}).Draw(t, "status"), "", 0))
		}
		verbatims := rapid.SliceOfN(rapid.SampledFrom([]string{"A", "B", "C", "D"}), 1, 8).Draw(t, "rows")
		belongs := make([]*admission.Report, len(verbatims))
		for i, v := range verbatims {
			belongs[i], _ = b.Take(row{verbatim: v}.parsed(int64(i+2)), "{}")
		}
		for i, v := range verbatims {
			if got := belongs[i].Content.Verbatim; got != v {
				t.Errorf("row %d of %q: its report holds %q in the end", i, verbatims, got)
			}
		}
		if !b.Account.Balanced() || b.Account.Rows != int64(len(verbatims)) {
			t.Errorf("%d rows, account %+v", len(verbatims), b.Account)
		}
	})
}
