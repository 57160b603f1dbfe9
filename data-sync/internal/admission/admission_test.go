package admission_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

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
	serious            report.Seriousness
	fields, volatile   string
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
		Status: status, Reason: reason, Version: 3, Revision: 5, Content: admission.Content{Verbatim: verbatim}, Fields: "{}",
	}}
}

// marked is a stored report with IDENTITY_REPEATED.
func marked(r *admission.Report, fields string) *admission.Report {
	r.Repeated, r.Fields = true, fields
	return r
}

// serious is a stored report that is known as serious.
func serious(r *admission.Report) *admission.Report {
	r.Serious = report.Serious
	return r
}

// incoming are the rows as the lines 2 and following of a file.
func incoming(rows []row) []admission.Incoming {
	var list []admission.Incoming
	for i, r := range rows {
		list = append(list, admission.Incoming{Row: r.parsed(int64(i + 2)), Fields: r.fields, Volatile: r.volatile})
	}
	return list
}

// decision is what became of a report, in the words of the rules.
type decision struct {
	Variant  int
	Status   report.Status
	Reason   report.Reason
	Version  int
	Revision int
	Verbatim string
	Outcome  report.Outcome
	Is       string // new, changed, revision, version, void, named, repeated, volatile
}

func decided(r *admission.Report) decision {
	var is []string
	for _, f := range []struct {
		word string
		on   bool
	}{
		{"new", r.Before() == nil}, {"changed", r.Changed()}, {"revision", r.NewRevision()}, {"version", r.NewVersion()}, {"void", r.Void()}, {"named", r.Renamed()},
		{"repeated", r.Repeated}, {"volatile", r.NewVolatile()},
	} {
		if f.on {
			is = append(is, f.word)
		}
	}
	return decision{Variant: r.Variant, Status: r.Status, Reason: r.Reason, Version: r.Version, Revision: r.Revision,
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
			want: []decision{{0, pending, "", 1, 1, "Headache", report.New, "new revision version named"}},
		},
		{
			rule: "a row that the parser holds is stored and waits for a person, and is listed by the parser alone",
			rows: []row{{hold: report.Empty, fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want: []decision{{0, review, report.Empty, 1, 1, "", report.Held, "new revision version named"}},
		},
		{
			rule: "bytes that are no text are kept raw, and held even where the parser did not say so",
			rows: []row{{verbatim: "Head\x00ache", fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want:    []decision{{0, review, report.InvalidUTF8, 1, 1, "Head\x00ache", report.Held, "new revision version named"}},
			reasons: []report.Reason{report.InvalidUTF8},
		},
		{
			rule: "the same row again is unchanged, whoever decided its report", known: []*admission.Report{stored("Headache", report.Uncodable, "", 0)},
			rows: []row{{verbatim: "Headache", fields: "{}"}}, outcome: []report.Outcome{report.Unchanged}, account: report.Account{Rows: 1, Unchanged: 1},
			want: []decision{{0, report.Uncodable, "", 3, 5, "Headache", report.Unchanged, "named"}},
		},
		{
			rule: "another encoding of the same columns is unchanged", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", fields: "{ }"}}, outcome: []report.Outcome{report.Unchanged}, account: report.Account{Rows: 1, Unchanged: 1},
			want: []decision{{0, report.Coded, "", 3, 5, "Headache", report.Unchanged, "named"}},
		},
		{
			rule: "other columns are a new revision and leave the coding", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", fields: "{x}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, report.Coded, "", 3, 6, "Headache", report.Changed, "changed revision named"}},
		},
		{
			rule: "another seriousness is a new revision and leaves the coding", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", serious: report.Serious, fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, report.Coded, "", 3, 6, "Headache", report.Changed, "changed revision named"}},
		},
		{
			rule: "an unknown seriousness is no change", known: []*admission.Report{serious(stored("Headache", report.Coded, "", 0))},
			rows:    []row{{verbatim: "Headache", serious: report.SeriousnessUnknown, fields: "{}"}},
			outcome: []report.Outcome{report.Unchanged}, account: report.Account{Rows: 1, Unchanged: 1},
			want: []decision{{0, report.Coded, "", 3, 5, "Headache", report.Unchanged, "named"}},
		},
		{
			rule: "a seriousness that falls is listed", known: []*admission.Report{serious(stored("Headache", report.Coded, "", 0))},
			rows: []row{{verbatim: "Headache", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want:    []decision{{0, report.Coded, "", 3, 6, "Headache", report.Changed, "changed revision named"}},
			reasons: []report.Reason{admission.ReasonSeriousnessFell},
		},
		{
			rule: "volatile columns make no revision; their latest values are kept", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows:    []row{{verbatim: "Headache", fields: "{}", volatile: "{7}"}},
			outcome: []report.Outcome{report.Unchanged}, account: report.Account{Rows: 1, Unchanged: 1},
			want: []decision{{0, report.Coded, "", 3, 5, "Headache", report.Unchanged, "named volatile"}},
		},
		{
			rule: "another verbatim is a new version, PENDING again, and voids the coding", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, 6, "Nausea", report.Changed, "changed revision version void named"}},
		},
		{
			rule: "another language is a new version", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Headache", language: "en", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, 6, "Headache", report.Changed, "changed revision version void named"}},
		},
		{
			rule: "a changed verbatim that cannot be coded is held as a new version", known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{hold: report.Empty, fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want: []decision{{0, review, report.Empty, 4, 6, "", report.Held, "changed revision version void named"}},
		},
		{
			rule: "a new version of a serious report with unknown seriousness stays serious", known: []*admission.Report{serious(stored("Headache", report.Coded, "", 0))},
			rows:    []row{{verbatim: "Nausea", serious: report.SeriousnessUnknown, fields: "{}"}},
			outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, 6, "Nausea", report.Changed, "changed revision version void named"}},
		},
		{
			rule: "two verbatims under one identity in one import are both kept and held, the first one's count too",
			rows: []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.Held, report.Held},
			account: report.Account{Rows: 2, Held: 2, DuplicateIdentity: 2},
			want: []decision{
				{0, review, dup, 1, 1, "Headache", report.Held, "new revision version named"}, {1, review, dup, 1, 1, "Nausea", report.Held, "new revision version named"},
			},
			reasons: []report.Reason{dup, dup},
		},
		{
			rule: "a third verbatim is kept beside the two", rows: []row{{verbatim: "A", fields: "{}"}, {verbatim: "B", fields: "{}"}, {verbatim: "C", fields: "{}"}},
			outcome: []report.Outcome{report.Held, report.Held, report.Held}, account: report.Account{Rows: 3, Held: 3, DuplicateIdentity: 3},
			want: []decision{
				{0, review, dup, 1, 1, "A", report.Held, "new revision version named"}, {1, review, dup, 1, 1, "B", report.Held, "new revision version named"},
				{2, review, dup, 1, 1, "C", report.Held, "new revision version named"},
			},
			reasons: []report.Reason{dup, dup, dup},
		},
		{
			rule:  "a known report that the import names twice differently is held, and its coding no longer holds",
			known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows:  []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.Held, report.Held},
			account: report.Account{Rows: 2, Held: 2, DuplicateIdentity: 2},
			want: []decision{
				{0, review, dup, 3, 5, "Headache", report.Held, "changed void named"}, {1, review, dup, 1, 1, "Nausea", report.Held, "new revision version named"},
			},
			reasons: []report.Reason{dup, dup},
		},
		{
			rule: "a row that equals an earlier one is a repeat: one report, counted as unchanged and listed",
			rows: []row{{verbatim: "Headache", fields: "{}"}, {verbatim: "Headache", fields: "{}"}}, outcome: []report.Outcome{report.New, report.Unchanged},
			account: report.Account{Rows: 2, New: 1, Unchanged: 1, Repeats: 1},
			want:    []decision{{0, pending, "", 1, 1, "Headache", report.New, "new revision version named"}},
			reasons: []report.Reason{admission.ReasonRowRepeated},
		},
		{
			rule:    "rows of one identity and verbatim that differ elsewhere are all kept and coded, each serious as its row says",
			rows:    []row{{verbatim: "Headache", serious: report.Serious, fields: "{severe}"}, {verbatim: "Headache", fields: "{mild}"}},
			outcome: []report.Outcome{report.New, report.New}, account: report.Account{Rows: 2, New: 2, IdentityRepeated: 2},
			want: []decision{
				{0, pending, "", 1, 1, "Headache", report.New, "new revision version named repeated"},
				{1, pending, "", 1, 1, "Headache", report.New, "new revision version named repeated"},
			},
			reasons: []report.Reason{admission.ReasonIdentityRepeated, admission.ReasonIdentityRepeated},
		},
		{
			rule:  "repeated rows are matched by equal content whatever their order",
			known: []*admission.Report{marked(stored("Headache", report.Coded, "", 0), "{1}"), marked(stored("Headache", report.Coded, "", 1), "{2}")},
			rows:  []row{{verbatim: "Headache", fields: "{2}"}, {verbatim: "Headache", fields: "{1}"}}, outcome: []report.Outcome{report.Unchanged, report.Unchanged},
			account: report.Account{Rows: 2, Unchanged: 2, IdentityRepeated: 2},
			want: []decision{
				{1, report.Coded, "", 3, 5, "Headache", report.Unchanged, "named repeated"}, {0, report.Coded, "", 3, 5, "Headache", report.Unchanged, "named repeated"},
			},
			reasons: []report.Reason{admission.ReasonIdentityRepeated, admission.ReasonIdentityRepeated},
		},
		{
			rule:    "what has no equal among the repeated is matched in file order",
			known:   []*admission.Report{marked(stored("Headache", report.Coded, "", 0), "{1}"), marked(stored("Headache", report.Coded, "", 1), "{2}")},
			rows:    []row{{verbatim: "Headache", fields: "{9}"}, {verbatim: "Headache", fields: "{1}"}, {verbatim: "Headache", fields: "{8}"}},
			outcome: []report.Outcome{report.Changed, report.Unchanged, report.New},
			account: report.Account{Rows: 3, Changed: 1, Unchanged: 1, New: 1, IdentityRepeated: 3},
			want: []decision{
				{0, report.Coded, "", 3, 5, "Headache", report.Unchanged, "named repeated"},
				{1, report.Coded, "", 3, 6, "Headache", report.Changed, "changed revision named repeated"},
				{2, pending, "", 1, 1, "Headache", report.New, "new revision version named repeated"},
			},
			reasons: []report.Reason{admission.ReasonIdentityRepeated, admission.ReasonIdentityRepeated, admission.ReasonIdentityRepeated},
		},
		{
			rule:  "duplicates that came before and are corrected one by one stay held",
			known: []*admission.Report{stored("A", review, dup, 0), stored("B", review, dup, 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}, {verbatim: "B", fields: "{}"}}, outcome: []report.Outcome{report.Held, report.Held},
			account: report.Account{Rows: 2, Held: 2, DuplicateIdentity: 2},
			want: []decision{
				{1, review, dup, 3, 5, "B", report.Held, "named"}, {0, review, dup, 4, 6, "C", report.Held, "changed revision version void named"},
			},
			reasons: []report.Reason{dup, dup},
		},
		{
			rule:  "a correction while two duplicates wait is a further duplicate",
			known: []*admission.Report{stored("A", review, dup, 0), stored("B", review, dup, 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want:    []decision{{2, review, dup, 1, 1, "C", report.Held, "new revision version named"}},
			reasons: []report.Reason{dup},
		},
		{
			rule:  "duplicates that a person has settled stay settled when the same rows come again",
			known: []*admission.Report{stored("A", report.Withdrawn, "", 0), stored("B", report.Coded, "", 1)},
			rows:  []row{{verbatim: "A", fields: "{}"}, {verbatim: "B", fields: "{}"}}, outcome: []report.Outcome{report.Unchanged, report.Unchanged},
			account: report.Account{Rows: 2, Unchanged: 2, DuplicateIdentity: 2},
			want: []decision{
				{0, report.Withdrawn, "", 3, 5, "A", report.Unchanged, "named"}, {1, report.Coded, "", 3, 5, "B", report.Unchanged, "named"},
			},
		},
		{
			rule:  "a correction where a person has settled the duplicates changes the one that stands",
			known: []*admission.Report{stored("A", report.Withdrawn, "", 0), stored("B", report.Coded, "", 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{1, pending, "", 4, 6, "C", report.Changed, "changed revision version void named"}},
		},
		{
			rule:  "a correction prefers the report that does not wait as a duplicate",
			known: []*admission.Report{stored("A", review, dup, 0), stored("B", report.Coded, "", 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{1, pending, "", 4, 6, "C", report.Changed, "changed revision version void named"}},
		},
		{
			rule:  "where all are withdrawn the first is changed",
			known: []*admission.Report{stored("A", report.Withdrawn, "", 0), stored("B", report.Withdrawn, "", 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, 6, "C", report.Changed, "changed revision version void named"}},
		},
		{
			rule: "a call outside an import corrects the report", call: true, known: []*admission.Report{stored("Headache", report.Coded, "", 0)},
			rows: []row{{verbatim: "Nausea", fields: "{}"}}, outcome: []report.Outcome{report.Changed}, account: report.Account{Rows: 1, Changed: 1},
			want: []decision{{0, pending, "", 4, 6, "Nausea", "", "changed revision version void"}},
		},
		{
			rule: "a call while two duplicates wait is a further duplicate", call: true,
			known: []*admission.Report{stored("A", review, dup, 0), stored("B", review, dup, 1)},
			rows:  []row{{verbatim: "C", fields: "{}"}}, outcome: []report.Outcome{report.Held}, account: report.Account{Rows: 1, Held: 1},
			want:    []decision{{2, review, dup, 1, 1, "C", "", "new revision version"}},
			reasons: []report.Reason{dup},
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
			for _, d := range b.Decide(incoming(tt.rows)) {
				outcomes = append(outcomes, d.Outcome)
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
