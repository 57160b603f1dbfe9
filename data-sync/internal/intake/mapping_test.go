package intake

import (
	"errors"
	"strings"
	"testing"

	"aecode/data-sync/internal/report"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAHeaderOrMappingAtFaultIsAClearError(t *testing.T) {
	tests := map[string]struct {
		header  string
		options Options
		field   string
		want    string
		never   string
	}{
		"no AESPID":             {"STUDYID,USUBJID,AESEQ,AETERM", Options{}, "mapping.record_id", "--id USUBJID,AESEQ. The file has: STUDYID, USUBJID, AESEQ, AETERM.", ""},
		"a mapped id is absent": {"STUDYID,USUBJID,AETERM", Options{Mapping: Mapping{RecordID: []string{"USUBJID", "AESEQ"}}}, "mapping.record_id", "no column AESEQ (part of the record id); name the right one with --id", ""},
		"no study":              {"AESPID,AETERM", Options{}, "mapping.study", "no column STUDYID (the study; --study-value gives one to all rows); name the right one with --study", ""},
		"no verbatim":           {"STUDYID,AESPID,TERM", Options{}, "mapping.verbatim", "no column AETERM (the verbatim); name the right one with --verbatim. The file has: STUDYID, AESPID, TERM.", ""},
		"serious mapped":        {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{Serious: "SAE"}}, "mapping.serious", "--serious", ""},
		"language mapped":       {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{Language: "L"}}, "mapping.language", "--language", ""},
		"an id column twice":    {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{RecordID: []string{"A", "a "}}}, "mapping.record_id", "named twice", ""},
		"an id column empty":    {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{RecordID: []string{"A", " "}}}, "mapping.record_id", "is empty", ""},
		"a name twice":          {"STUDYID,AESPID,AETERM, aeterm", Options{}, "header", "columns 3 and 4 have the same name", ""},
		"a made name twice":     {"STUDYID,AESPID,,AETERM,COLUMN_3", Options{}, "header", "columns 3 and 5 have the same name", ""},
		"a study twice":         {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{Study: "STUDYID", StudyValue: "S"}}, "mapping.study_value", "give one of them", ""},
		"an empty study":        {"AESPID,AETERM", Options{Mapping: Mapping{StudyValue: " "}}, "mapping.study_value", "it is empty", ""},
		"a volatile identity":   {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{Volatile: []string{"aespid"}}}, "mapping.volatile", "mapped to another use", ""},
		"a volatile absent":     {"STUDYID,AESPID,AETERM", Options{Mapping: Mapping{Volatile: []string{"AEDY"}}}, "mapping.volatile", "no column aedy", ""},
		"a letter separates":    {"STUDYID,AESPID,AETERM", Options{Separator: 'x'}, "separator", "must be one of", ""},
		"GB18030 with a bar":    {"STUDYID,AESPID,AETERM", Options{Separator: '|', Encoding: GB18030}, "separator", "convert the file to UTF-8", ""},
		"a separated NDJSON":    {"", Options{Format: NDJSON, Separator: ';'}, "separator", "only a CSV file", ""},
		"too few numbers":       {"STUDYID,AESPID,AETERM", Options{Numbers: []int64{1, 2}}, "numbers", "2 for 1 records", ""},
		"an empty header":       {"", Options{}, "header", "is empty", ""},
		"two records":           {"STUDYID,AESPID,AETERM\nS,1,x", Options{}, "header", "it must be one record", ""},
		"bad bytes":             {"STUDYID,\xff", Options{}, "header", "the name of column 2 is not valid utf-8", ""},
		"a line end in a name":  {"STUDYID,\"AE\nSPID\"", Options{}, "header", "control character", ""},
		"another separator":     {"STUDYID;AESPID;AETERM", Options{}, "mapping.record_id", "another separator", ""},
		"no header at all":      {"S,1," + sentinel + ",N", Options{}, "mapping.record_id", "4 columns, none by a name that is known", sentinel},
		"no header, twice":      {"S,N," + sentinel + ",N", Options{}, "header", "columns 2 and 4", sentinel},
		"format":                {"STUDYID,AESPID,AETERM", Options{Format: "xml"}, "format", "csv or ndjson", ""},
		"encoding":              {"STUDYID,AESPID,AETERM", Options{Encoding: "latin-1"}, "encoding", "convert the file to UTF-8", ""},
		"NDJSON with a header":  {"STUDYID", Options{Format: NDJSON}, "header", "leave it empty", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.options.Format == "" {
				tt.options.Format = CSV
			}
			_, err := Parse([]byte(tt.header), []byte("S,1,x\n"), 2, tt.options)
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("error = %v, want an *Error", err)
			}
			if fault.Field != tt.field || !strings.Contains(fault.Problem, tt.want) {
				t.Errorf("error = %v\nwant %s: …%s…", err, tt.field, tt.want)
			}
			if tt.never != "" && strings.Contains(err.Error(), tt.never) {
				t.Errorf("the error quotes a report: %v", err)
			}
			if tt.field == "numbers" {
				return // only the rows tell
			}
			if _, _, early := Columns([]byte(tt.header), tt.options); early == nil || early.Error() != err.Error() {
				t.Errorf("Columns gave %v, Parse %v", early, err)
			}
		})
	}
	if _, err := Parse([]byte(csvHeader), nil, 0, Options{Format: CSV}); err == nil {
		t.Error("line 0 was accepted")
	}
}

func TestAnNDJSONFileWithoutAMappedKeyIsAMappingError(t *testing.T) {
	for lines, field := range map[string]string{
		`{"STUDYID":"S","USUBJID":"1","AETERM":"x"}`: "mapping.record_id",
		`{"STUDYID":"S","AESPID":"1","TERM":"x"}`:    "mapping.verbatim",
		`{"PROTOCOL":"S","AESPID":"1","AETERM":"x"}`: "mapping.study",
	} {
		_, err := Parse(nil, []byte(lines), 1, Options{Format: NDJSON})
		var fault *Error
		if !errors.As(err, &fault) || fault.Field != field {
			t.Errorf("%s: error = %v, want one on %s", lines, err, field)
		}
		if later, err := Parse(nil, []byte(lines), 7, Options{Format: NDJSON}); err != nil || later.Records() != 1 {
			t.Errorf("%s: later in a file: %d records, %v; want the one accounted for", lines, later.Records(), err)
		}
	}
}

func TestMappingFindsColumnsInAnyCase(t *testing.T) {
	o := Options{Format: CSV, Source: "edc", Mapping: Mapping{RecordID: []string{"usubjid", "AESEQ"}, Study: "protocol", Verbatim: "Term", Serious: "sae", Language: "l"}}
	got, err := parseFile(t, "\" Protocol\",USUBJID,aeseq,TERM,SAE,L\nP,a|b,1,rash,yes,zh-CN\nP,a,b|1,rash,no,\nP,a,,rash,no,\n", o)
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Row{
		{Line: 2, Identity: report.Identity{Source: "edc", Study: "P", RecordID: `a\|b|1`}, Verbatim: "rash", Serious: report.Serious, Language: "zh"},
		{Line: 3, Identity: report.Identity{Source: "edc", Study: "P", RecordID: `a|b\|1`}, Verbatim: "rash", Serious: report.NotSerious},
	}
	if diff := cmp.Diff(want, got.Rows, cmpopts.IgnoreFields(report.Row{}, "Fields")); diff != "" {
		t.Error(diff)
	}
	if len(got.Unreadable) != 1 || got.Unreadable[0].Reason != ReasonNoIdentity || got.Problems[0].Field != "AESEQ" {
		t.Errorf("a record id with an empty part: unreadable %v, problems %v", got.Unreadable, got.Problems)
	}
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "AESEQ is part of the record id, but it is renumbered by re-exports") {
		t.Errorf("warnings = %q", got.Warnings)
	}
}

func TestAFileWithoutASeriousColumnIsToldSo(t *testing.T) {
	for _, o := range []struct {
		format Format
		file   string
	}{{CSV, "STUDYID,AESPID,AETERM\nS,1,x\n"}, {NDJSON, `{"STUDYID":"S","AESPID":1,"AETERM":"x"}`}} {
		got, err := parseFile(t, o.file, Options{Format: o.format})
		if err != nil || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "the seriousness of its reports is unknown") {
			t.Errorf("%s: warnings = %q, %v", o.format, got.Warnings, err)
		}
	}
}
