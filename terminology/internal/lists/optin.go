package lists

import (
	"fmt"
	"io"
	"strconv"

	"aecode/terminology/internal/meddra"
)

// Threshold is the minimum score and lead with which a study lets the machine code by
// likeness.
type Threshold struct {
	MinScore  float64 // score of the first candidate: above 0, at most 1
	MinMargin float64 // lead of the first candidate over the second: 0 to 1
}

// OptIn lists the studies that let the machine code by likeness, each with a
// threshold that was validated on its own history. It is immutable and safe for
// concurrent use.
type OptIn struct {
	version    string
	thresholds map[key]Threshold
}

// NoOptIn returns the empty list, whose version is [NoVersion].
func NoOptIn() *OptIn { return &OptIn{version: NoVersion} }

// ParseOptIn reads a list in CSV with the columns
//
//	study,language,min_score,min_margin,approved_by,approved_at
//
// with one line for each study and language; approved_at is as in [ParseSynonyms]. Any
// fault refuses the list with a [*ValidationError].
func ParseOptIn(name string, r io.Reader) (*OptIn, error) {
	t, err := openTable(name, r, []string{"study", "language", "min_score", "min_margin", "approved_by", "approved_at"})
	if err != nil {
		return nil, err
	}
	o := &OptIn{thresholds: map[key]Threshold{}}
	lines := map[key]int{}
	for t.next() {
		before := len(t.problems)
		k := key{study: t.field("study"), language: t.language()}
		if k.study == "" || !printable(k.study) {
			t.problem(t.line, "study", "is empty or not printable: there is no opt-in for all studies")
		}
		threshold := Threshold{MinScore: t.share("min_score"), MinMargin: t.share("min_margin")}
		if threshold.MinScore == 0 {
			t.problem(t.line, "min_score", "is 0, which would code everything")
		}
		t.approval()
		if len(t.problems) > before {
			continue
		}
		if first, ok := lines[k]; ok {
			t.problem(t.line, "study", fmt.Sprintf("already has its threshold in line %d", first))
			continue
		}
		lines[k], o.thresholds[k] = t.line, threshold
	}
	if err := t.err(); err != nil {
		return nil, err
	}
	all := make([]string, 0, len(o.thresholds))
	for k, v := range o.thresholds {
		all = append(all, fmt.Sprintf("%q %s %v %v", k.study, k.language, v.MinScore, v.MinMargin))
	}
	o.version = contentVersion(all)
	return o, nil
}

// share reads a column with a number from 0 to 1.
func (t *table) share(column string) float64 {
	v, err := strconv.ParseFloat(t.field(column), 64)
	if err != nil || !(v >= 0 && v <= 1) {
		t.problem(t.line, column, "is not a number from 0 to 1")
		return 1
	}
	return v
}

// Version returns a short hash of the list's content, or [NoVersion].
func (o *OptIn) Version() string { return o.version }

// Threshold returns the threshold of a study for a language; false if the study has not
// opted in.
func (o *OptIn) Threshold(study string, language meddra.Language) (Threshold, bool) {
	t, ok := o.thresholds[key{study: study, language: language}]
	return t, ok
}
