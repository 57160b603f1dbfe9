package intake

import (
	"fmt"
	"strings"
	"testing"

	"aecode/data-sync/internal/report"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestNDJSONRecords(t *testing.T) {
	const ok = `{"STUDYID":"S","AESPID":1,"AETERM":"rash"}` + "\n"
	okRow := row(1, "1", "rash", "")
	tests := map[string]struct {
		lines      string
		want       []report.Row
		unreadable string
	}{
		"numbers and literals":    {ok, []report.Row{okRow}, ""},
		"byte order mark, CRLF":   {"\ufeff{\"STUDYID\":\"S\",\"AESPID\":1,\"AETERM\":\"rash\"}\r\n", []report.Row{okRow}, ""},
		"keys in any case":        {`{"studyid":"S"," AeSpId ":"1","aeterm":"rash","aeser":true,"Lang":"EN"}`, []report.Row{{Line: 1, Identity: okRow.Identity, Verbatim: "rash", Serious: report.Serious, Language: "en"}}, ""},
		"escapes":                 {`{"STUDYID":"S","AESPID":"1","AETERM":"a\"\\\/\u00e9\ud83d\ude00"}`, []report.Row{row(1, "1", `a"\/é😀`, "")}, ""},
		"an escaped newline":      {`{"STUDYID":"S","AESPID":"1","AETERM":"a\nb"}`, []report.Row{row(1, "1", "a\nb", report.NewlineInVerbatim)}, ""},
		"an escaped NUL":          {`{"STUDYID":"S","AESPID":"1","AETERM":"a\u0000b"}`, []report.Row{rawRow(1, "1", "a\x00b", report.ControlCharacter)}, ""},
		"half a surrogate pair":   {`{"STUDYID":"S","AESPID":"1","AETERM":"a\ud83db"}`, []report.Row{rawRow(1, "1", `a\ud83db`, report.InvalidUTF8)}, ""},
		"bad bytes in the term":   {"{\"STUDYID\":\"S\",\"AESPID\":\"1\",\"AETERM\":\"caf\xe9\"}", []report.Row{rawRow(1, "1", "caf\xe9", report.InvalidUTF8)}, ""},
		"null is empty":           {`{"STUDYID":"S","AESPID":"1","AETERM":null}`, []report.Row{row(1, "1", "", report.Empty)}, ""},
		"an absent term is empty": {ok + `{"STUDYID":"S","AESPID":"2"}`, []report.Row{okRow, row(2, "2", "", report.Empty)}, ""},
		"an absent id":            {ok + `{"STUDYID":"S","AETERM":"x"}`, []report.Row{okRow}, "2 NO_IDENTITY"},
		"an empty object":         {ok + `{}`, []report.Row{okRow}, "2 NO_STUDY"},
		"a nested object":         {ok + `{"STUDYID":"S","AESPID":{"a":1}}`, []report.Row{okRow}, "2 JSON_NESTED"},
		"a list":                  {ok + `[1]`, []report.Row{okRow}, "2 JSON_SYNTAX"},
		"a key twice":             {ok + `{"STUDYID":"S","AESPID":"1","AETERM":"x","aeterm":"y"}`, []report.Row{okRow}, "2 JSON_DUPLICATE_KEY"},
		"an empty key":            {ok + `{"":"S"}`, []report.Row{okRow}, "2 JSON_KEY"},
		"cut in the middle":       {ok + `{"STUDYID":"S","AESPID":"2","AETERM":"hea`, []report.Row{okRow}, "2 JSON_SYNTAX"},
		"something after it":      {ok + `{"STUDYID":"S"} x`, []report.Row{okRow}, "2 JSON_SYNTAX"},
		"two objects":             {ok + `{"STUDYID":"S"}{}`, []report.Row{okRow}, "2 JSON_SYNTAX"},
		"a raw control character": {ok + "{\"STUDYID\":\"S\x01\"}", []report.Row{okRow}, "2 JSON_SYNTAX"},
		"a lone literal":          {ok + "null", []report.Row{okRow}, "2 JSON_SYNTAX"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseFile(t, tt.lines, Options{Format: NDJSON})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Rows, cmpopts.IgnoreFields(report.Row{}, "Fields")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			var unreadable []string
			for _, u := range got.Unreadable {
				unreadable = append(unreadable, fmt.Sprintf("%d %s", u.Line, u.Reason))
			}
			if strings.Join(unreadable, ";") != tt.unreadable {
				t.Errorf("unreadable = %q, want %q", unreadable, tt.unreadable)
			}
		})
	}
}

func TestNDJSONInGB18030KeepsTheIdentityOfABadTerm(t *testing.T) {
	rows := gb(t, `{"STUDYID":"S","AESPID":"甲","AETERM":"头痛"}`+"\n"+`{"STUDYID":"S","AESPID":"乙","AETERM":"痛`) + "\xff\"}\n"
	got, err := Parse(nil, []byte(rows), 1, Options{Format: NDJSON, Encoding: GB18030})
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Row{row(1, "甲", "头痛", ""), rawRow(2, "乙", "痛\xff", report.InvalidUTF8)}
	if diff := cmp.Diff(want, got.Rows, cmpopts.IgnoreFields(report.Row{}, "Fields")); diff != "" {
		t.Error(diff)
	}
}
