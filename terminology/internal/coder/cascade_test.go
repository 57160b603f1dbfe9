package coder

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/cascade.tsv; review the difference like code")

const goldenFile = "testdata/cascade.tsv"

// The golden file's columns after the rule that a row shows: verbatim, stated
// language, study, then the answer.
func TestCascadeAnswersTheGoldenFile(t *testing.T) {
	text, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	c := newCoder(t, Options{})
	var got []string
	for _, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n") {
		f := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(f) < 4 {
			got = append(got, line)
			continue
		}
		res := c.Code(Request{Verbatim: f[1], Language: meddra.Language(f[2]), Study: f[3], Limit: 3})
		got = append(got, strings.Join(append(f[:4:4], summary(res)), "\t"))
	}
	want := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if *update {
		if err := os.WriteFile(goldenFile, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// summary is an answer in one cell: status, method, reason, language, and the
// LLT coded to or the candidates with their scores.
func summary(r Result) string {
	or := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	terms := []string{}
	if r.Choice != nil {
		terms = append(terms, r.Choice.LLT.Code.String())
	}
	for _, c := range r.Candidates {
		terms = append(terms, fmt.Sprintf("%s=%.2f", c.LLT.Code, c.Score))
	}
	return strings.Join([]string{
		string(r.Status), or(string(r.Method)), or(string(r.Reason)), or(string(r.Language)), or(strings.Join(terms, " ")),
	}, "\t")
}

func TestOnlyTheSafeStepsMayCodeAndTheLastStepAlwaysAnswers(t *testing.T) {
	var order, safe []Method
	suggesting := false
	for _, s := range cascade {
		order = append(order, s.method)
		if s.may == code {
			safe = append(safe, s.method)
		}
		if suggesting && s.may != suggest {
			t.Errorf("%s decides after a step that may suggest only", s.method)
		}
		suggesting = s.may == suggest
	}
	want := []Method{
		MethodDoNotAutocode, MethodStudySynonym, MethodSponsorSynonym, MethodExact, MethodFolded,
		MethodAbbreviation, MethodWordOrder, MethodQualifier, MethodSpelling, MethodSplit, MethodRanked,
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Errorf("order of the cascade (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:5], safe); diff != "" {
		t.Errorf("steps that may code (-want +got):\n%s", diff)
	}
	if _, ok := cascade[rankedStep].try(query{}); !ok {
		t.Error("the last step has no answer")
	}
}
