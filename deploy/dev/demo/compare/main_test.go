package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	codedCSV = "STUDYID,AETERM,AEDECOD\nS,ache,Pain\nS,ache,Pain\nS,fever,Fever\nS,odd,\nS,hot,Cold\n"
	wantTSV  = "verbatim\tpt\tsoc\nache\tPAIN\tBody\nfever\tPyrexia\tBody\nhot\tHot flush\tBody\nodd\tOddity\tBody\n"
	header   = "verbatim\tcoded\texpected\tjudgement\twhy\n"
	feverRow = "fever\tFever\tPyrexia\tsame\tplaced under it\n"
	hotRow   = "hot\tCold\tHot flush\twrong\tthe opposite\n"
)

func compared(t *testing.T, judged string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var out bytes.Buffer
	err := run(&out, write("coded.csv", codedCSV), write("want.tsv", wantTSV), write("judged.tsv", judged))
	return out.String(), err
}

func TestEveryDifferenceIsCountedByItsJudgement(t *testing.T) {
	out, err := compared(t, header+feverRow+hotRow)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"all 5 4", "coded by the machine 4 3", "the coder's preferred term 2 1",
		"same concept, other level or spelling 1 1", "wrong 1 1",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), line) {
			t.Errorf("no line %q in\n%s", line, out)
		}
	}
}

func TestADifferenceWithoutJudgementAndAJudgementWithoutDifferenceFail(t *testing.T) {
	for _, tt := range []struct{ judged, want string }{
		{header + feverRow, "no judgement: hot"},
		{header + feverRow + hotRow + "ache\tPain\tOther\tsame\tx\n", "no longer a difference: ache"},
		{header + feverRow + strings.Replace(hotRow, "wrong", "maybe", 1), "the judgement must be same or wrong"},
		{header + "short\n", "1 columns instead of 5"},
	} {
		if _, err := compared(t, tt.judged); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want one about %q", err, tt.want)
		}
	}
}
