package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aecode/data-sync/internal/report"
)

func TestEverySeparatorIsRead(t *testing.T) {
	for _, separator := range Separators {
		file := strings.ReplaceAll("STUDYID~AESPID~AETERM~AESER\nS~1~\"pain~ \"\"sharp\"\"\"~Y\nS~2~rash, itch; both\tnow~N\n", "~", string(separator))
		file = strings.ReplaceAll(file, "rash, itch; both\tnow", strings.ReplaceAll("rash, itch; both\tnow", string(separator), " "))
		header, rows, _ := strings.Cut(file, "\n")
		parsed, err := Parse([]byte(header+"\n"), []byte(rows), 2, Options{Format: CSV, Separator: byte(separator)})
		if err != nil || len(parsed.Rows) != 2 || len(parsed.Unreadable) != 0 {
			t.Fatalf("%q: %+v, %v", separator, parsed, err)
		}
		if got, want := parsed.Rows[0].Verbatim, "pain"+string(separator)+` "sharp"`; got != want && separator != '\t' {
			t.Errorf("%q: verbatim %q, want %q", separator, got, want)
		}
		if parsed.Rows[0].Serious != report.Serious || parsed.Rows[1].Serious != report.NotSerious {
			t.Errorf("%q: %+v", separator, parsed.Rows)
		}
	}
}

func TestATabSeparatedRowOfEmptyCellsIsARecord(t *testing.T) {
	o := Options{Format: CSV, Separator: '\t'}
	parsed, err := Parse([]byte("STUDYID\tAESPID\tAETERM\n"), []byte("\t\t\n\n  \nS\t1\tx\n"), 2, o)
	if err != nil || len(parsed.Rows) != 1 || len(parsed.Unreadable) != 1 || parsed.Rows[0].Line != 5 {
		t.Fatalf("%+v, %v", parsed, err)
	}
}

func TestAColumnWithoutANameIsVolatile(t *testing.T) {
	o := Options{Format: CSV, Mapping: Mapping{Volatile: []string{"aeseq"}}}
	parsed, err := Parse([]byte(`"",STUDYID,AESPID,AESEQ,AETERM,`+"\n"), []byte("1,S,A,7,x,\n"), 2, o)
	if err != nil || len(parsed.Rows) != 1 {
		t.Fatalf("%+v, %v", parsed, err)
	}
	want := report.Row{
		Fields:   []report.Field{{Name: "STUDYID", Value: "S"}, {Name: "AESPID", Value: "A"}, {Name: "AETERM", Value: "x"}},
		Volatile: []report.Field{{Name: "COLUMN_1", Value: "1"}, {Name: "AESEQ", Value: "7"}},
	}
	if diff := cmp.Diff(want, parsed.Rows[0], cmpopts.IgnoreFields(report.Row{}, "Line", "Identity", "Verbatim", "Serious")); diff != "" {
		t.Error(diff)
	}
}

func TestAStudyMayBeGivenForAllRows(t *testing.T) {
	parsed, err := Parse([]byte("AESPID,AETERM\n"), []byte("1,x\n"), 2, Options{Format: CSV, Mapping: Mapping{StudyValue: " Q3 "}})
	if err != nil || len(parsed.Rows) != 1 || parsed.Rows[0].Identity != (report.Identity{Source: "file", Study: "Q3", RecordID: "1"}) {
		t.Fatalf("%+v, %v", parsed, err)
	}
}

func TestATextFormulaIsItsText(t *testing.T) {
	parsed, err := Parse([]byte(`STUDYID,="AESPID",AETERM`+"\n"), []byte(`S,="0001",x`+"\n"+`S,"=""0002""",x`+"\n"+`S,="a"b",x`+"\n"), 2, Options{Format: CSV})
	if err != nil || len(parsed.Rows) != 3 {
		t.Fatalf("%+v, %v", parsed, err)
	}
	for i, want := range []string{"0001", "0002", `="a"b"`} {
		if got := parsed.Rows[i].Identity.RecordID; got != want {
			t.Errorf("row %d is %q, want %q", i, got, want)
		}
	}
}

func TestConvertedRowsKeepTheNumbersOfTheirFile(t *testing.T) {
	parsed, err := Parse([]byte("STUDYID,AESPID,AETERM\n"), []byte("S,1,x\nS,,y\n"), 2, Options{Format: CSV, Numbers: []int64{17, 40}})
	if err != nil || len(parsed.Rows) != 1 || parsed.Rows[0].Line != 17 || len(parsed.Unreadable) != 1 || parsed.Unreadable[0].Line != 40 {
		t.Fatalf("%+v, %v", parsed, err)
	}
}

func TestABatchOfTooManyRecordsIsRefusedBeforeItIsRead(t *testing.T) {
	for format, row := range map[Format]string{CSV: "x\n", NDJSON: "{}\n"} {
		header := map[Format]string{CSV: "STUDYID,AESPID,AETERM\n"}[format]
		_, err := Parse([]byte(header), []byte(strings.Repeat(row, MaxBatchRecords+1)), 2, Options{Format: format})
		if err == nil || !strings.Contains(err.Error(), "more than 2000 records") {
			t.Errorf("%s: %v", format, err)
		}
	}
}
