package export

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"aecode/data-sync/internal/intake/lossless"
	"aecode/data-sync/internal/report"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func list[T any](items ...T) Each[T] {
	return func(_ context.Context, yield func(T) error) error {
		for _, item := range items {
			if err := yield(item); err != nil {
				return err
			}
		}
		return nil
	}
}

func fields(nameValues ...string) []report.Field {
	var f []report.Field
	for pair := range slices.Chunk(nameValues, 2) {
		f = append(f, report.Field{Name: pair[0], Value: pair[1]})
	}
	return f
}

func coding() *report.Coding {
	term := func(code, name string) report.Term { return report.Term{Code: code, Name: name} }
	return &report.Coding{
		LLT: term("10019211", "Headache"), PT: term("10019211", "Headache"), HLT: term("90000001", "Headaches NEC"),
		HLGT: term("90000002", "Headaches"), SOC: term("10029205", "Nervous system disorders"),
	}
}

var (
	columns = []string{"STUDYID", "USUBJID", "AESEQ", "AETERM", "AESTDY", "AEDECOD", "NOTE"}
	reports = []report.Report{
		{
			Identity: report.Identity{Source: "file", Study: "S1", RecordID: "001|1"}, Status: report.Coded, Verbatim: "headache", Coding: coding(),
			Fields: fields("STUDYID", "S1", "USUBJID", "001", "AESEQ", "1", "AETERM", " headache ", "AESTDY", "-5", "AEDECOD", "Cephalgia", "NOTE", "=HYPERLINK(\"http://x\")"),
		},
		{
			Identity: report.Identity{Source: "file", Study: "S1", RecordID: "001|2"}, Status: report.Review, Reason: report.InvalidUTF8, VerbatimRaw: []byte("caf\xe9"), Serious: report.Serious,
			Fields: fields("studyid", "S1", "USUBJID", "001", "AESEQ", "2", "aeterm", lossless.Encode([]byte("caf\xe9")), "AESTDY", "+3.2", "NOTE", "two\nlines, \"quoted\""),
		},
		{
			Identity: report.Identity{Source: "api", Study: "S2", RecordID: "77"}, Status: report.Review, Reason: report.Suggested, Verbatim: "@头痛 \U0002C317 😀", Language: "zh",
			// A coding that is not live as CODED must not show.
			Coding: coding(),
			Candidates: []report.Candidate{
				{LLT: report.Term{Code: "10019211", Name: "头痛"}, PT: report.Term{Code: "10019211", Name: "头痛"}, SOC: report.Term{Code: "10029205", Name: "各类神经系统疾病"}, Score: 0.98765, Method: "trigram", Reason: "shares 2 of 2 grams"},
				{LLT: report.Term{Code: "10027599", Name: "偏头痛"}, PT: report.Term{Code: "10027599", Name: "偏头痛"}, SOC: report.Term{Code: "10029205", Name: "各类神经系统疾病"}, Score: 0.5, Method: "trigram", Reason: "-"},
				{Score: 0.4}, {Score: 0.3}, {Score: 0.2}, {Score: 0.1, Reason: "a sixth is left out"},
			},
		},
		{
			Identity: report.Identity{Source: "api", Study: "S2", RecordID: "78"}, Variant: 1, Status: report.Pending, LastError: "UNAVAILABLE", VerbatimRaw: []byte("a\x00b"),
		},
	}
	unreadables = []Unreadable{{FileName: "=day.csv", Line: 12, Reason: "FIELD_COUNT"}, {FileName: "day.csv", Line: 4_000_000_000, Reason: "NO_IDENTITY"}}
)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func coded(t *testing.T, columns []string, reports ...report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteCoded(t.Context(), &b, columns, list(reports...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func review(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteReview(t.Context(), &b, list(reports...), list(unreadables...)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGoldenFiles(t *testing.T) {
	golden(t, "ae_coded.csv", coded(t, columns, reports...))
	golden(t, "ae_calls_only.csv", coded(t, nil, reports[2:]...))
	golden(t, "ae_review.csv", review(t))
}

func TestTheSameReportsGiveTheSameBytes(t *testing.T) {
	first, firstReview := coded(t, columns, reports...), review(t)
	for range 20 {
		if !bytes.Equal(coded(t, columns, reports...), first) || !bytes.Equal(review(t), firstReview) {
			t.Fatal("two exports of the same reports differ")
		}
	}
	if bytes.Contains(first, []byte("\r")) {
		t.Error("a line ends in CRLF")
	}
}

// read gives a CSV as one map a row, with neutralised cells restored.
func read(t *testing.T, file []byte) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[all[0][i]] = Restore(cell)
		}
		if len(row) != len(all[0]) {
			t.Fatalf("a column stands twice in %q", all[0])
		}
		rows = append(rows, row)
	}
	return rows
}

func TestEveryInputCellComesBackFromTheCodedFile(t *testing.T) {
	rows := read(t, coded(t, columns, reports...))
	for i, r := range reports {
		for _, f := range r.Fields {
			name := strings.ToUpper(f.Name)
			if name != "AEDECOD" && rows[i][name] != f.Value {
				t.Errorf("report %s, %s: %q came back as %q", r.Identity, name, f.Value, rows[i][name])
			}
		}
	}
	if got := lossless.Decode(rows[1]["AETERM"]); string(got) != "caf\xe9" {
		t.Errorf("held bytes came back as %q", got)
	}
	if got := lossless.Decode(rows[3]["AETERM"]); string(got) != "a\x00b" {
		t.Errorf("held bytes of a call came back as %q", got)
	}
}

func TestOnlyACodedReportShowsCodes(t *testing.T) {
	rows := read(t, coded(t, columns, reports...))
	want := map[string]string{
		"AELLT": "Headache", "AELLTCD": "10019211", "AEDECOD": "Headache", "AEPTCD": "10019211", "AEHLT": "Headaches NEC", "AEHLTCD": "90000001",
		"AEHLGT": "Headaches", "AEHLGTCD": "90000002", "AEBODSYS": "Nervous system disorders", "AEBDSYCD": "10029205", "AESOC": "Nervous system disorders", "AESOCCD": "10029205",
	}
	for _, name := range CodingColumns() {
		if rows[0][name] != want[name] {
			t.Errorf("%s = %q, want %q", name, rows[0][name], want[name])
		}
		for i, row := range rows[1:] {
			if row[name] != "" {
				t.Errorf("report %d is not coded and has %s = %q", i+1, name, row[name])
			}
		}
	}
}

func TestAReportByCallIsIdentifiedAmongThoseOfFiles(t *testing.T) {
	call := report.Report{Identity: report.Identity{Source: "api", Study: "S9", RecordID: "77"}, Verbatim: "rash"}
	row := read(t, coded(t, []string{"AESPID", "TERM"}, call))[0]
	if row["STUDYID"] != "S9" || row["AESPID"] != "77" || row["AETERM"] != "rash" || row["TERM"] != "" {
		t.Errorf("row = %v", row)
	}
	// A report of a file keeps the AESPID it had: none.
	file := report.Report{Identity: report.Identity{Source: "file", Study: "S9", RecordID: "a|1"}, Verbatim: "rash", Fields: fields("STUDYID", "S9", "TERM", "rash")}
	row = read(t, coded(t, []string{"STUDYID", "AESPID", "TERM"}, file))[0]
	if row["AESPID"] != "" || row["AETERM"] != "rash" || row["TERM"] != "rash" {
		t.Errorf("row = %v", row)
	}
}

func TestTheReviewFileHasUnreadableRecordsWithoutTheirContent(t *testing.T) {
	rows := read(t, review(t))
	if len(rows) != len(reports)+len(unreadables) {
		t.Fatalf("%d rows", len(rows))
	}
	last := rows[len(rows)-1]
	if last["REASON"] != "UNREADABLE:NO_IDENTITY" || last["FILE"] != "day.csv" || last["LINE"] != "4000000000" || last["AETERM"] != "" {
		t.Errorf("row = %v", last)
	}
	var b bytes.Buffer
	if err := WriteReview(t.Context(), &b, list[report.Report](), nil); err != nil || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("an empty review file is %q, %v; want its header", b.String(), err)
	}
}

func TestNeutralise(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "headache": "headache", "头痛": "头痛", "a=b": "a=b", "'quoted'": "'quoted'",
		"=1+1": "'=1+1", "+1-1": "'+1-1", "-1+1": "'-1+1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1",
		"＝1": "'＝1", "-": "'-", "+": "'+", "--5": "'--5", "-5-": "'-5-", "-5 mg": "'-5 mg", "-.": "'-.", "+1.2.3": "'+1.2.3", "-1e5": "'-1e5",
		"-5": "-5", "+3.2": "+3.2", "-.5": "-.5", "5": "5", "+12": "+12", "-0": "-0",
		"'=1": "''=1", "''-x": "'''-x", "'-5": "''-5", "'": "'", "''": "''",
	} {
		if got := Neutralise(value); got != want {
			t.Errorf("Neutralise(%q) = %q, want %q", value, got, want)
		}
		if got := Restore(want); got != value {
			t.Errorf("Restore(%q) = %q, want %q", want, got, value)
		}
	}
}

func FuzzNeutraliseIsUndoneByRestore(f *testing.F) {
	for _, seed := range []string{"", "=1", "'=1", "''@", "-5", "'-5", "+3.2", "\t", "＝", "'", "\xff", "-\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		safe := Neutralise(value)
		if Restore(safe) != value {
			t.Fatalf("%q became %q and came back as %q", value, safe, Restore(safe))
		}
		if safe != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(safe)[0]) && !plainNumber(safe) {
			t.Fatalf("%q became %q, which is a formula", value, safe)
		}
	})
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestTheFirstErrorEndsTheExport(t *testing.T) {
	full, gone := errors.New("disk full"), errors.New("database gone")
	if err := WriteCoded(t.Context(), brokenWriter{full}, columns, list(reports...)); !errors.Is(err, full) {
		t.Errorf("writer's error: %v", err)
	}
	if err := WriteReview(t.Context(), brokenWriter{full}, list(reports...), nil); !errors.Is(err, full) {
		t.Errorf("writer's error: %v", err)
	}
	fails := func(context.Context, func(report.Report) error) error { return gone }
	if err := WriteCoded(t.Context(), &bytes.Buffer{}, columns, fails); !errors.Is(err, gone) {
		t.Errorf("iterator's error: %v", err)
	}
	if err := WriteReview(t.Context(), &bytes.Buffer{}, fails, nil); !errors.Is(err, gone) {
		t.Errorf("iterator's error: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := WriteCoded(ctx, &bytes.Buffer{}, columns, list(reports...)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := WriteReview(ctx, &bytes.Buffer{}, list[report.Report](), list(unreadables...)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
