package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aecode/data-sync/internal/report"
)

func TestAFlagIsYesNoOrUnknown(t *testing.T) {
	type read struct {
		s        report.Seriousness
		readable bool
	}
	for value, want := range map[string]read{
		"N": {report.NotSerious, true}, "no": {report.NotSerious, true}, "0": {report.NotSerious, true}, "FALSE": {report.NotSerious, true}, "否": {report.NotSerious, true},
		"Y": {report.Serious, true}, "\u3000yes": {report.Serious, true}, "1": {report.Serious, true}, "True": {report.Serious, true}, "是": {report.Serious, true},
		"": {report.SeriousnessUnknown, true}, " ": {report.SeriousnessUnknown, true}, "U": {report.SeriousnessUnknown, true}, "NA": {report.SeriousnessUnknown, true}, ".": {report.SeriousnessUnknown, true},
		"death": {report.SeriousnessUnknown, false}, "?": {report.SeriousnessUnknown, false},
	} {
		if s, readable := yesOrNo(value); (read{s, readable}) != want {
			t.Errorf("yesOrNo(%q) = %v, %t, want %v", value, s, readable, want)
		}
	}
}

func TestACriterionMakesAReportSerious(t *testing.T) {
	for _, tt := range []struct {
		rule, header, cells string
		want                report.Seriousness
		problems            []string
	}{
		{"a missing column is unknown", "STUDYID,AESPID,AETERM", "S,1,rash", report.SeriousnessUnknown, nil},
		{"a blank cell is unknown", "STUDYID,AESPID,AETERM,AESER", "S,1,rash,", report.SeriousnessUnknown, nil},
		{"no criterion leaves what is stated", "STUDYID,AESPID,AETERM,AESER,AESHOSP", "S,1,rash,N,N", report.NotSerious, nil},
		{"a criterion overrules a no, and is listed", "STUDYID,AESPID,AETERM,AESER,AESDTH", "S,1,rash,N,Y", report.Serious, []string{"AESER " + ReasonSeriousByCriterion}},
		{"a criterion overrules an unknown", "STUDYID,AESPID,AETERM,AESER,aescong", "S,1,rash,,y", report.Serious, nil},
		{"a criterion does without a flag", "STUDYID,AESPID,AETERM,AESMIE", "S,1,rash,Y", report.Serious, nil},
		{"without a yes, criteria leave it unknown", "STUDYID,AESPID,AETERM,AESLIFE", "S,1,rash,N", report.SeriousnessUnknown, nil},
		{"an unreadable flag is unknown, and is listed", "STUDYID,AESPID,AETERM,AESER", "S,1,rash,grade", report.SeriousnessUnknown, []string{"AESER " + ReasonSeriousUnknown}},
	} {
		parsed, err := Parse([]byte(tt.header+"\n"), []byte(tt.cells+"\n"), 2, Options{Format: CSV})
		if err != nil || len(parsed.Rows) != 1 {
			t.Fatalf("%s: %+v, %v", tt.rule, parsed, err)
		}
		var problems []string
		for _, p := range parsed.Problems {
			problems = append(problems, p.Field+" "+p.Reason)
			if strings.Contains(p.Message, "grade") {
				t.Errorf("%s: the message quotes a cell", tt.rule)
			}
		}
		if got := parsed.Rows[0].Serious; got != tt.want || !cmp.Equal(problems, tt.problems) {
			t.Errorf("%s: %v %q, want %v %q", tt.rule, got, problems, tt.want, tt.problems)
		}
	}
}
