package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aecode/data-sync/internal/admission"
	"aecode/data-sync/internal/report"
)

func wantAccount(t *testing.T, got report.Account, newRows, unchanged, changed, held, unreadable int64) {
	t.Helper()
	want := report.Account{Rows: newRows + unchanged + changed + held + unreadable, New: newRows, Unchanged: unchanged,
		Changed: changed, Held: held, Unreadable: unreadable}
	// What is in another count as well has tests of its own.
	got.Repeats, got.IdentityRepeated, got.DuplicateIdentity = 0, 0, 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("account (-want +got):\n%s", diff)
	}
}

func wantState(t *testing.T, r report.Report, status report.Status, reason report.Reason, version int) {
	t.Helper()
	if r.Status != status || r.Reason != reason || r.VerbatimVersion != version {
		t.Fatalf("report %s variant %d is %s(%s) version %d, want %s(%s) version %d",
			r.Identity, r.Variant, r.Status, r.Reason, r.VerbatimVersion, status, reason, version)
	}
}

// codeEverything runs one pass that codes what is pending.
func codeEverything(t *testing.T, s *Store) {
	t.Helper()
	p := openPass(t, s, "all", 100)
	for {
		c, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "me", 1e9)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		commit(t, s, c, codeAll(items(t, s, c))...)
	}
	finish(t, s, p)
}

func held(row report.Row, reason report.Reason) report.Row {
	row.Hold = reason
	return row
}

func intakeTellsNewUnchangedChangedHeld(t *testing.T, s *Store) {
	first := newImport(t, s, "one")
	result := first.send(textRow(2, "A", "Headache"), textRow(3, "B", "Nausea"), held(textRow(4, "C", ""), report.Empty))
	wantAccount(t, result.Account, 2, 0, 0, 1, 0)
	// The parser has told of it.
	if len(result.Problems) != 0 {
		t.Fatalf("problems: %+v", result.Problems)
	}
	wantState(t, get(t, s, "A"), report.Pending, "", 1)
	wantState(t, get(t, s, "C"), report.Review, report.Empty, 1)

	result = newImport(t, s, "two").send(textRow(2, "A", "Headache"), textRow(3, "B", "Vomiting"), held(textRow(4, "C", ""), report.Empty),
		textRow(5, "D", "Rash"))
	wantAccount(t, result.Account, 1, 2, 1, 0, 0)
	wantState(t, get(t, s, "B"), report.Pending, "", 2)
	if got := get(t, s, "B").Verbatim; got != "Vomiting" {
		t.Fatalf("verbatim %q", got)
	}
	// A verbatim that changes into one that cannot be coded is held.
	result = newImport(t, s, "three").send(held(textRow(2, "A", "Head\x01ache"), report.ControlCharacter))
	wantAccount(t, result.Account, 0, 0, 0, 1, 0)
	wantState(t, get(t, s, "A"), report.Review, report.ControlCharacter, 2)
	if got := get(t, s, "A").Verbatim; got != "Head\x01ache" {
		t.Fatalf("verbatim %q", got)
	}
}

func intakeOfTheSameFileAgainChangesNothing(t *testing.T, s *Store) {
	rows := []report.Row{textRow(2, "A", "Headache"), held(textRow(3, "B", ""), report.Empty), textRow(4, "C", "Nausea")}
	newImport(t, s, "one").send(rows...)
	before := everyReport(t, s)
	result := newImport(t, s, "two").send(rows...)
	wantAccount(t, result.Account, 0, 3, 0, 0, 0)
	if diff := cmp.Diff(before, everyReport(t, s)); diff != "" {
		t.Fatal(diff)
	}
}

func intakeKeepsAnIdenticalRepeatedRowOnce(t *testing.T, s *Store) {
	imp := newImport(t, s, "one")
	imp.send(textRow(2, "A", "Headache"), textRow(3, "A", "Headache"))
	result := imp.send(textRow(4, "A", "Headache"))
	wantAccount(t, result.Account, 1, 2, 0, 0, 0)
	if result.Account.Repeats != 2 || len(result.Problems) != 1 || result.Problems[0].Reason != admission.ReasonRowRepeated || result.Problems[0].Line != 4 {
		t.Fatalf("%+v", result)
	}
	if n := len(everyReport(t, s)); n != 1 {
		t.Fatalf("%d reports", n)
	}
}

// An event listed at each visit: one identity and verbatim, other columns.
func intakeKeepsRowsThatDifferElsewhere(t *testing.T, s *Store) {
	visit := func(line int64, severity string, serious report.Seriousness) report.Row {
		r := textRow(line, "A", "Headache")
		r.Serious = serious
		r.Fields = append(r.Fields, report.Field{Name: "AESEV", Value: severity})
		return r
	}
	imp := newImport(t, s, "one")
	imp.send(visit(2, "SEVERE", report.Serious))
	result := imp.send(visit(3, "MILD", report.NotSerious), visit(4, "MODERATE", report.SeriousnessUnknown))
	wantAccount(t, result.Account, 3, 0, 0, 0, 0)
	if result.Account.IdentityRepeated != 3 || len(result.Problems) != 3 {
		t.Fatalf("%+v", result)
	}
	list := variants(t, s, "A")
	if len(list) != 3 {
		t.Fatalf("%d reports", len(list))
	}
	for i, want := range []report.Seriousness{report.Serious, report.NotSerious, report.SeriousnessUnknown} {
		if r := list[i]; r.Serious != want || !r.Repeated || r.Status != report.Pending || r.Revision != 1 {
			t.Errorf("variant %d: %+v", i, r)
		}
	}
	if p := openPass(t, s, "all", 10); p.Read != 3 {
		t.Errorf("the pass takes %d of 3", p.Read)
	}
	// Another order, one of them changed.
	again := newImport(t, s, "two").send(visit(2, "MODERATE", report.SeriousnessUnknown), visit(3, "SEVERE", report.Serious), visit(4, "NONE", report.NotSerious))
	wantAccount(t, again.Account, 0, 2, 1, 0, 0)
	if list := variants(t, s, "A"); len(list) != 3 || list[1].Revision != 2 || list[1].Fields[2].Value != "NONE" || list[0].Serious != report.Serious {
		t.Errorf("%+v", list)
	}
}

func volatileColumnsMakeNoRevision(t *testing.T, s *Store) {
	row := func(number string) report.Row {
		r := textRow(2, "A", "Headache")
		r.Volatile = []report.Field{{Name: "", Value: number}, {Name: "AESEQ", Value: number}}
		return r
	}
	newImport(t, s, "one").send(row("1"))
	wantAccount(t, newImport(t, s, "two").send(row("7")).Account, 0, 1, 0, 0, 0)
	r := get(t, s, "A")
	if r.Revision != 1 || len(r.Fields) != 4 || r.Fields[3] != (report.Field{Name: "AESEQ", Value: "7"}) {
		t.Fatalf("%+v", r)
	}
	if n := number(t, s, "SELECT count(*) FROM report_revisions"); n != 1 {
		t.Fatalf("%d revisions", n)
	}
}

func theHistoryOfAReportIsReadable(t *testing.T, s *Store) {
	row := textRow(2, "A", "Headache")
	newImport(t, s, "one").send(row)
	row.Serious, row.Line = report.Serious, 3
	newImport(t, s, "two").send(row)
	row.Verbatim = "Migraine"
	if _, _, err := s.Submit(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	h, err := s.History(t.Context(), identity("A"), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range h.Revisions {
		got = append(got, fmt.Sprint(r.Number, r.VerbatimVersion, " ", r.Verbatim, " ", r.Serious, " ", r.ImportID, " ", r.Line, " ", !r.ReceivedAt.IsZero()))
	}
	want := []string{"3 2 Migraine Y  3 true", "2 1 Headache Y two 3 true", "1 1 Headache N one 2 true"}
	if diff := cmp.Diff(want, got); diff != "" || h.Report.Revision != 3 || h.Older != 0 || h.Variants != 1 {
		t.Errorf("%+v (-want +got):\n%s", h.Report, diff)
	}
	if _, err := s.History(t.Context(), identity("A"), 1); !errors.Is(err, ErrNotFound) {
		t.Errorf("a variant that is not there: %v", err)
	}
}

func aLongHistoryIsCut(t *testing.T, s *Store) {
	row := textRow(2, "A", "Headache")
	for i := range historyRevisions + 5 {
		row.Fields = []report.Field{{Name: "AESEV", Value: fmt.Sprint(i)}}
		newImport(t, s, fmt.Sprint("import-", i)).send(row)
	}
	h, err := s.History(t.Context(), identity("A"), 0)
	if err != nil || len(h.Revisions) != historyRevisions || h.Older != 5 || h.Revisions[0].Number != historyRevisions+5 {
		t.Errorf("%d revisions, %d older, %v", len(h.Revisions), h.Older, err)
	}
	for i := range 3 {
		row.Fields = []report.Field{{Name: "AENOTE", Value: strings.Repeat(fmt.Sprint(i), historyBytes/2)}}
		newImport(t, s, fmt.Sprint("long-", i)).send(row)
	}
	if h, err = s.History(t.Context(), identity("A"), 0); err != nil || len(h.Revisions) != 1 {
		t.Errorf("%d revisions of half the bound, %v", len(h.Revisions), err)
	}
}

func aChangedVerbatimBeginsANewVersion(t *testing.T, s *Store) {
	newImport(t, s, "one").send(textRow(2, "A", "Headache"))
	codeEverything(t, s)
	old := get(t, s, "A")
	if old.Status != report.Coded || old.Coding == nil {
		t.Fatalf("not coded: %+v", old)
	}
	newImport(t, s, "two").send(textRow(2, "A", "Nausea"))
	now := get(t, s, "A")
	wantState(t, now, report.Pending, "", 2)
	if now.Coding != nil || now.Verbatim != "Nausea" || now.ID != old.ID {
		t.Fatalf("after the change: %+v", now)
	}
	if n := number(t, s, "SELECT count(*) FROM codings WHERE id = $1 AND superseded_at IS NOT NULL", old.Coding.ID); n != 1 {
		t.Fatal("the old coding is not history")
	}
	if n := number(t, s, "SELECT count(*) FROM report_versions WHERE report_id = $1", old.ID); n != 2 {
		t.Fatalf("%d versions", n)
	}
}

func aChangedVerbatimIsPendingAgainWhoeverDecided(t *testing.T, s *Store) {
	for i, status := range []report.Status{report.Coded, report.Proposed, report.Query, report.Uncodable, report.Withdrawn} {
		record := string(status)
		newImport(t, s, fmt.Sprintf("one-%d", i)).send(textRow(2, record, "Headache"))
		direct(t, s, "UPDATE ae_reports SET status = $1, human_decided = 1 WHERE record_id = $2", string(status), record)
		result := newImport(t, s, fmt.Sprintf("two-%d", i)).send(textRow(2, record, "Nausea"))
		wantAccount(t, result.Account, 0, 0, 1, 0, 0)
		wantState(t, get(t, s, record), report.Pending, "", 2)
	}
	if p := openPass(t, s, "all", 10); p.Read != 5 {
		t.Fatalf("the pass takes %d of 5", p.Read)
	}
}

func aChangedLanguageBeginsANewVersion(t *testing.T, s *Store) {
	row := textRow(2, "A", "Headache")
	newImport(t, s, "one").send(row)
	row.Language = "zh"
	wantAccount(t, newImport(t, s, "two").send(row).Account, 0, 0, 1, 0, 0)
	r := get(t, s, "A")
	wantState(t, r, report.Pending, "", 2)
	if r.Language != "zh" {
		t.Fatalf("language %q", r.Language)
	}
}

func changedFieldsLeaveStatusAndCodingAlone(t *testing.T, s *Store) {
	row := textRow(2, "A", "Headache")
	newImport(t, s, "one").send(row)
	codeEverything(t, s)
	before := get(t, s, "A")
	row.Serious = report.Serious
	row.Fields = append(row.Fields, report.Field{Name: "AESTDTC", Value: "2026-01-02"})
	wantAccount(t, newImport(t, s, "two").send(row).Account, 0, 0, 1, 0, 0)
	after := get(t, s, "A")
	if after.Serious != report.Serious || len(after.Fields) != 3 || after.Revision != 2 {
		t.Fatalf("not updated: %+v", after)
	}
	before.Serious, before.Fields, before.Revision = after.Serious, after.Fields, after.Revision
	if diff := cmp.Diff(before, after); diff != "" {
		t.Fatal(diff)
	}
}

// variants gives the reports under one identity by variant.
func variants(t *testing.T, s *Store, record string) []report.Report {
	t.Helper()
	var list []report.Report
	for _, r := range everyReport(t, s) {
		if r.Identity == identity(record) {
			list = append(list, r)
		}
	}
	return list
}

func twoVerbatimsInOneBatch(t *testing.T, s *Store) {
	result := newImport(t, s, "one").send(textRow(2, "A", "Headache"), textRow(3, "B", "Rash"), textRow(4, "A", "Nausea"),
		textRow(5, "A", "Headache"), textRow(6, "A", "Fever"))
	wantAccount(t, result.Account, 1, 1, 0, 3, 0)
	var problems []string
	for _, p := range result.Problems {
		problems = append(problems, fmt.Sprint(p.Line, " ", p.Reason))
	}
	if diff := cmp.Diff([]string{"2 DUPLICATE_IDENTITY", "4 DUPLICATE_IDENTITY", "5 ROW_REPEATED", "6 DUPLICATE_IDENTITY"}, problems); diff != "" {
		t.Fatal(diff)
	}
	list := variants(t, s, "A")
	if len(list) != 3 {
		t.Fatalf("%d variants", len(list))
	}
	for i, r := range list {
		wantState(t, r, report.Review, report.DuplicateIdentity, 1)
		if want := []string{"Headache", "Nausea", "Fever"}[i]; r.Variant != i || r.Verbatim != want {
			t.Fatalf("variant %d: %q, want %q", r.Variant, r.Verbatim, want)
		}
	}
	if p := openPass(t, s, "all", 10); p.Read != 1 {
		t.Fatalf("a held report is in the pass: %d members", p.Read)
	}
}

func twoVerbatimsOverTwoBatches(t *testing.T, s *Store) {
	// Before: one report that the import will find unchanged, one changed.
	newImport(t, s, "before").send(textRow(2, "B", "Rash"), textRow(3, "C", "Cough"))
	imp := newImport(t, s, "one")
	first := imp.send(textRow(2, "A", "Headache"), textRow(3, "B", "Rash"), textRow(4, "C", "Fever"))
	wantAccount(t, first.Account, 1, 1, 1, 0, 0)
	second := imp.send(textRow(5, "A", "Nausea"), textRow(6, "B", "Itch"), textRow(7, "C", "Chills"))
	wantAccount(t, second.Account, 0, 0, 0, 6, 0)
	if second.Account.DuplicateIdentity != 6 {
		t.Fatalf("%+v", second.Account)
	}
	for _, record := range []string{"A", "B", "C"} {
		list := variants(t, s, record)
		if len(list) != 2 {
			t.Fatalf("%s: %d variants", record, len(list))
		}
		for _, r := range list {
			if r.Status != report.Review || r.Reason != report.DuplicateIdentity {
				t.Fatalf("%s variant %d is %s(%s)", record, r.Variant, r.Status, r.Reason)
			}
		}
	}
	// The resend of the first batch still answers as then.
	b := imp.batch(textRow(2, "A", "Headache"))
	b.Sequence, b.Digest = FirstSequence, fmt.Sprintf("digest-one-%d", FirstSequence)
	again, err := s.ApplyBatch(t.Context(), b)
	if err != nil || again.Account != first.Account {
		t.Fatalf("%+v, %v", again.Account, err)
	}
}

func aDuplicateOfACodedReportEndsItsCoding(t *testing.T, s *Store) {
	newImport(t, s, "one").send(textRow(2, "A", "Headache"))
	codeEverything(t, s)
	result := newImport(t, s, "two").send(textRow(2, "A", "Headache"), textRow(3, "A", "Nausea"))
	wantAccount(t, result.Account, 0, 0, 0, 2, 0)
	for _, r := range variants(t, s, "A") {
		wantState(t, r, report.Review, report.DuplicateIdentity, 1)
		if r.Coding != nil {
			t.Fatalf("variant %d keeps a live coding", r.Variant)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM codings"); n != 1 {
		t.Fatalf("%d codings in history", n)
	}
}

func heldVariantsAreUnchangedWhenTheFileComesAgain(t *testing.T, s *Store) {
	rows := []report.Row{textRow(2, "A", "Headache"), textRow(3, "A", "Nausea")}
	newImport(t, s, "one").send(rows...)
	wantAccount(t, newImport(t, s, "two").send(rows...).Account, 0, 2, 0, 0, 0)
	// Also in another order and over two batches.
	imp := newImport(t, s, "three")
	imp.send(rows[1])
	wantAccount(t, imp.send(rows[0]).Account, 0, 2, 0, 0, 0)
	if n := len(everyReport(t, s)); n != 2 {
		t.Fatalf("%d reports", n)
	}
}

func aFurtherVerbatimOfAnUnsettledDuplicate(t *testing.T, s *Store) {
	newImport(t, s, "one").send(textRow(2, "A", "Headache"), textRow(3, "A", "Nausea"))
	wantAccount(t, newImport(t, s, "two").send(textRow(2, "A", "Fever")).Account, 0, 0, 0, 1, 0)
	list := variants(t, s, "A")
	if len(list) != 3 {
		t.Fatalf("%d variants", len(list))
	}
	wantState(t, list[2], report.Review, report.DuplicateIdentity, 1)
	// A person settles it: one stands, the others are withdrawn. Then a changed
	// verbatim changes the one that stands.
	direct(t, s, "UPDATE ae_reports SET status = 'WITHDRAWN', review_reason = '', human_decided = 1 WHERE variant IN (0, 2)")
	direct(t, s, "UPDATE ae_reports SET status = 'CODED', review_reason = '', human_decided = 1 WHERE variant = 1")
	wantAccount(t, newImport(t, s, "three").send(textRow(2, "A", "Chills")).Account, 0, 0, 1, 0, 0)
	wantState(t, variants(t, s, "A")[1], report.Pending, "", 2)
}

func aBatchSentAgainAnswersWhatItAnsweredFirst(t *testing.T, s *Store) {
	imp := newImport(t, s, "one")
	b := imp.batch(textRow(2, "A", "Headache"), held(textRow(3, "B", ""), report.Empty))
	first := imp.apply(b)
	imp.send(textRow(4, "C", "Rash"))
	before := number(t, s, "SELECT count(*) FROM audit")
	again, err := s.ApplyBatch(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if !again.Replayed || first.Replayed {
		t.Fatalf("replayed: first %v, again %v", first.Replayed, again.Replayed)
	}
	again.Replayed = false
	if diff := cmp.Diff(first, again); diff != "" {
		t.Fatal(diff)
	}
	if after := number(t, s, "SELECT count(*) FROM audit"); after != before {
		t.Fatal("the resend wrote something")
	}
}

func aBatchWithOtherRowsIsRefused(t *testing.T, s *Store) {
	imp := newImport(t, s, "one")
	b := imp.batch(textRow(2, "A", "Headache"))
	imp.apply(b)
	b.Digest = "another"
	if _, err := s.ApplyBatch(t.Context(), b); !errors.Is(err, ErrPayloadMismatch) {
		t.Fatalf("err %v", err)
	}
	next := imp.batch(textRow(3, "B", "Rash"))
	next.FileHash = "another file"
	if _, err := s.ApplyBatch(t.Context(), next); !errors.Is(err, ErrPayloadMismatch) {
		t.Fatalf("err %v", err)
	}
}

func batchesOutOfOrderAreRefused(t *testing.T, s *Store) {
	imp := newImport(t, s, "one")
	b := imp.batch(textRow(2, "A", "Headache"))
	b.Sequence = FirstSequence + 1
	var sequence *SequenceError
	if _, err := s.ApplyBatch(t.Context(), b); !errors.As(err, &sequence) || sequence.Want != FirstSequence || !errors.Is(err, ErrSequence) {
		t.Fatalf("err %v", err)
	}
	imp.send(textRow(2, "A", "Headache"))
	b.Sequence = FirstSequence + 2
	if _, err := s.ApplyBatch(t.Context(), b); !errors.As(err, &sequence) || sequence.Want != FirstSequence+1 || sequence.Complete {
		t.Fatalf("err %v", err)
	}
	last := imp.batch()
	last.Last = true
	imp.apply(last)
	if _, err := s.ApplyBatch(t.Context(), imp.batch(textRow(9, "Z", "Rash"))); !errors.As(err, &sequence) || !sequence.Complete {
		t.Fatalf("err %v", err)
	}
}

func unreadableRowsAreKeptOnce(t *testing.T, s *Store) {
	bad := []report.Unreadable{{Line: 3, Raw: []byte("a,\x00b\xff"), Reason: "FIELD_COUNT"}, {Line: 9, Reason: "NO_IDENTITY"}}
	for _, id := range []string{"one", "two"} {
		imp := newImport(t, s, id)
		b := imp.batch(textRow(2, "A", "Headache"))
		b.FileHash, b.Unreadable = "same file", bad
		result := imp.apply(b)
		if result.Account.Unreadable != 2 || result.Account.Rows != 3 {
			t.Fatalf("%+v", result)
		}
	}
	// Files without a hash are not taken for one.
	for _, id := range []string{"three", "four"} {
		imp := newImport(t, s, id)
		b := imp.batch()
		b.FileHash, b.Unreadable = "", bad[:1]
		imp.apply(b)
	}
	var got []UnreadableRow
	if err := s.EachUnreadable(t.Context(), func(u UnreadableRow) error { got = append(got, u); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []UnreadableRow{
		{FileName: "one.csv", FileHash: "same file", Line: 3, Reason: "FIELD_COUNT", Size: 5},
		{FileName: "one.csv", FileHash: "same file", Line: 9, Reason: "NO_IDENTITY"},
		{FileName: "three.csv", FileHash: "import:three", Line: 3, Reason: "FIELD_COUNT", Size: 5},
		{FileName: "four.csv", FileHash: "import:four", Line: 3, Reason: "FIELD_COUNT", Size: 5},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	var raw []byte
	if err := s.read.QueryRow("SELECT raw FROM unreadable_rows ORDER BY id LIMIT 1").Scan(&raw); err != nil || string(raw) != "a,\x00b\xff" {
		t.Fatalf("raw %q, %v", raw, err)
	}
}

func bytesThatAreNoTextAreKeptRaw(t *testing.T, s *Store) {
	invalid := textRow(2, "A", "")
	invalid.VerbatimRaw, invalid.Hold = []byte("Kopfschmerz\xff"), report.InvalidUTF8
	invalid.Fields = []report.Field{{Name: "AETERM", Value: "Kopfschmerz\xff"}, {Name: "NOTE", Value: "a\x00b \U0001F600 𠀀 <>&\"\\\n\u2028"}}
	// Even where the caller forgot to look.
	nul := textRow(3, "B", "Head\x00ache")
	rows := []report.Row{invalid, nul}
	result := newImport(t, s, "one").send(rows...)
	wantAccount(t, result.Account, 0, 0, 0, 2, 0)
	if len(result.Problems) != 1 || result.Problems[0].Line != 3 || result.Problems[0].Reason != string(report.InvalidUTF8) {
		t.Fatalf("problems %+v", result.Problems)
	}
	a, b := get(t, s, "A"), get(t, s, "B")
	wantState(t, a, report.Review, report.InvalidUTF8, 1)
	wantState(t, b, report.Review, report.InvalidUTF8, 1)
	if a.Verbatim != "" || string(a.VerbatimRaw) != "Kopfschmerz\xff" || b.Verbatim != "" || string(b.VerbatimRaw) != "Head\x00ache" {
		t.Fatalf("%q %q, %q %q", a.Verbatim, a.VerbatimRaw, b.Verbatim, b.VerbatimRaw)
	}
	if diff := cmp.Diff(invalid.Fields, a.Fields); diff != "" {
		t.Fatal(diff)
	}
	wantAccount(t, newImport(t, s, "two").send(rows...).Account, 0, 2, 0, 0, 0)
	invalid.VerbatimRaw = []byte("Kopfschmerz\xfe")
	wantAccount(t, newImport(t, s, "three").send(invalid).Account, 0, 0, 0, 1, 0)
	wantState(t, get(t, s, "A"), report.Review, report.InvalidUTF8, 2)
}

func sqlInAVerbatimIsData(t *testing.T, s *Store) {
	texts := []string{`'); DROP TABLE reports; --`, `" OR "1"="1`, `$1 ? ?1 :a @b`, `\'; DELETE FROM audit; \`, "%_\\", `[["x"]]`, "𠀀😀", strings.Repeat("é", 5000)}
	var rows []report.Row
	for i, text := range texts {
		rows = append(rows, report.Row{Line: int64(i + 2), Identity: identity(text), Verbatim: text, Fields: []report.Field{{Name: text, Value: text}}})
	}
	wantAccount(t, newImport(t, s, "one").send(rows...).Account, int64(len(texts)), 0, 0, 0, 0)
	for i, r := range everyReport(t, s) {
		if r.Verbatim != texts[i] || r.Identity.RecordID != texts[i] || r.Fields[0] != (report.Field{Name: texts[i], Value: texts[i]}) {
			t.Fatalf("row %d came back otherwise", i)
		}
	}
	wantAccount(t, newImport(t, s, "two").send(rows...).Account, 0, int64(len(texts)), 0, 0, 0)
}

func aRowWithoutIdentityIsRefusedByItsLine(t *testing.T, s *Store) {
	const secret = "sentinel-verbatim"
	for _, id := range []report.Identity{{Source: "edc", Study: "S1"}, {Study: "S1", RecordID: "A"}, {Source: "edc", RecordID: "A\x00"}, {Source: "edc", RecordID: "\xff"}} {
		_, err := s.ApplyBatch(t.Context(), newImport(t, s, "one").batch(textRow(2, "A", secret), report.Row{Line: 17, Identity: id, Verbatim: secret}))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "line 17") || strings.Contains(err.Error(), secret) {
			t.Fatalf("err %v", err)
		}
	}
	if n := len(everyReport(t, s)); n != 0 {
		t.Fatalf("%d reports were stored", n)
	}
}

func columnsComeInOrderOfFirstAppearance(t *testing.T, s *Store) {
	for i, columns := range [][]string{{"STUDYID", "AETERM"}, {"AETERM", "AESER", "STUDYID", "AESER"}, nil, {"AESEV", "AESER"}} {
		imp := newImport(t, s, fmt.Sprint(i))
		b := imp.batch()
		b.Columns = columns
		imp.apply(b)
	}
	if _, _, err := s.Submit(t.Context(), report.Row{Identity: identity("A"), Verbatim: "x", Fields: []report.Field{{Name: "AEOUT", Value: "1"}}}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"STUDYID", "AETERM", "AESER", "AESEV", "AEOUT"}, got); diff != "" {
		t.Fatal(diff)
	}
}

func submitStoresOneReportOnce(t *testing.T, s *Store) {
	row := textRow(0, "A", "Headache")
	for i, want := range []report.Outcome{report.New, report.Unchanged} {
		r, outcome, err := s.Submit(t.Context(), row)
		if err != nil || outcome != want || r.ID == 0 || r.Verbatim != "Headache" || r.ReceivedAt.IsZero() {
			t.Fatalf("call %d: %+v, %s, %v", i, r, outcome, err)
		}
	}
	row.Verbatim = "Nausea"
	r, outcome, err := s.Submit(t.Context(), row)
	if err != nil || outcome != report.Changed {
		t.Fatalf("%s, %v", outcome, err)
	}
	wantState(t, r, report.Pending, "", 2)
	row.Verbatim, row.Hold = "", report.Empty
	r, outcome, err = s.Submit(t.Context(), row)
	if err != nil || outcome != report.Held {
		t.Fatalf("%s, %v", outcome, err)
	}
	wantState(t, r, report.Review, report.Empty, 3)
	if _, _, err = s.Submit(t.Context(), report.Row{Verbatim: "x"}); !errors.Is(err, ErrInvalid) {
		t.Fatalf("err %v", err)
	}
}

// rowKey is all of a row that a revision keeps.
type rowKey struct {
	record, verbatim, fields string
	serious                  report.Seriousness
}

func keyOfRow(r report.Row) rowKey {
	return rowKey{r.Identity.RecordID, r.Verbatim, fmt.Sprint(r.Fields), r.Serious}
}

// accountsBalanceWhateverComes drives random imports: every row has one outcome and
// is a revision of a report, the rows of the last import are the reports as they
// stand, one report a row but for repeats, and the same file again changes nothing.
func accountsBalanceWhateverComes(t *testing.T, s *Store) {
	imports := 0
	ever := make(map[rowKey]bool)
	rapid.Check(t, func(rt *rapid.T) {
		imports++
		var file []report.Row
		imp := newImport(t, s, fmt.Sprintf("import-%d", imports))
		var account report.Account
		for range rapid.IntRange(1, 3).Draw(rt, "batches") {
			var rows []report.Row
			for range rapid.IntRange(0, 6).Draw(rt, "rows") {
				row := textRow(int64(len(file)+2), rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(rt, "record"),
					rapid.SampledFrom([]string{"Headache", "Nausea", "Rash", ""}).Draw(rt, "verbatim"))
				row.Serious = rapid.SampledFrom([]report.Seriousness{report.NotSerious, report.Serious, report.SeriousnessUnknown}).Draw(rt, "serious")
				row.Fields = append(row.Fields, report.Field{Name: "AESER", Value: row.Serious.String()},
					report.Field{Name: "VISIT", Value: rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "visit")})
				if row.Verbatim == "" {
					row.Hold = report.Empty
				}
				rows, file = append(rows, row), append(file, row)
				ever[keyOfRow(row)] = true
			}
			if account = imp.send(rows...).Account; account.Rows != int64(len(file)) {
				rt.Fatalf("%d rows in the account, %d came", account.Rows, len(file))
			}
		}
		stands, revisions := everyContent(t, s)
		for key := range ever {
			if key.serious == report.SeriousnessUnknown { // where the report was known, it is kept as that
				continue
			}
			if !revisions[key] {
				rt.Fatalf("%+v came and is no revision", key)
			}
		}
		repeats := int64(len(file))
		for _, row := range file {
			key := keyOfRow(row)
			if stands[key] == 0 && row.Serious == report.SeriousnessUnknown {
				for _, known := range []report.Seriousness{report.Serious, report.NotSerious} {
					if key.serious = known; stands[key] > 0 {
						break
					}
				}
			}
			if stands[key] == 0 {
				rt.Fatalf("line %d does not stand in the store", row.Line)
			}
		}
		distinct := make(map[rowKey]report.Row)
		for _, row := range file {
			distinct[keyOfRow(row)] = row
		}
		if repeats -= int64(len(distinct)); repeats != account.Repeats {
			rt.Fatalf("%d repeats in %d rows, the account says %d", repeats, len(file), account.Repeats)
		}
		var again []report.Row
		for _, row := range distinct {
			again = append(again, row)
		}
		imports++
		if account := newImport(t, s, fmt.Sprintf("import-%d", imports)).send(again...).Account; account.Unchanged != account.Rows {
			rt.Fatalf("the same file again: %+v", account)
		}
	})
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// everyContent counts the contents that reports have now, and lists all that they
// have had.
func everyContent(t *testing.T, s *Store) (stands map[rowKey]int, revisions map[rowKey]bool) {
	t.Helper()
	stands, revisions = make(map[rowKey]int), make(map[rowKey]bool)
	for _, r := range everyReport(t, s) {
		h, err := s.History(t.Context(), r.Identity, r.Variant)
		if err != nil || h.Revisions[0].Number != r.Revision || h.Older != max(0, r.Revision-historyRevisions) {
			t.Fatalf("%+v, %v", h, err)
		}
		stands[rowKey{r.Identity.RecordID, r.Verbatim, fmt.Sprint(r.Fields), r.Serious}]++
		for _, n := range h.Revisions {
			revisions[rowKey{r.Identity.RecordID, n.Verbatim, fmt.Sprint(n.Fields), n.Serious}] = true
		}
	}
	return stands, revisions
}
