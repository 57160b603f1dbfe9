package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"aecode/data-sync/internal/identity"
	"aecode/data-sync/internal/intake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// survey goes through a CSV file with the default sets, and those named after.
func survey(t *testing.T, file string, volatile []string, sets ...[]string) (*identity.Survey, []string) {
	t.Helper()
	header, rows, _ := strings.Cut(file, "\n")
	s := identity.New("STUDYID", volatile, append([][]string{identity.BySponsorID, identity.BySequence}, sets...)...)
	columns, unreadable, err := intake.EachRecord([]byte(header+"\n"), []byte(rows), 2, intake.Options{Format: intake.CSV}, s.Add)
	if err != nil || unreadable != 0 {
		t.Fatalf("%d unreadable, %v", unreadable, err)
	}
	return s, columns
}

func TestTheDefaultIsSubjectAndAESPIDWhereThatIdentifiesEveryRow(t *testing.T) {
	for _, tt := range []struct {
		rule, file string
		want       []string
	}{
		{"the same AESPID in two subjects", "STUDYID,USUBJID,AESPID,AETERM\nQ,1,1,x\nQ,2,1,x\n", identity.BySponsorID},
		{"in any letters", "studyid,usubjid,aespid,aeterm\nQ,1,1,x\nQ,2,1,x\n", identity.BySponsorID},
		{"in two studies", "STUDYID,USUBJID,AESPID,AETERM\nQ,1,1,x\nR,1,1,y\n", identity.BySponsorID},
		{"equal rows are repeats", "STUDYID,USUBJID,AESPID,AETERM\nQ,1,1,x\nQ,1,1,x\n", identity.BySponsorID},
		{"a blank AESPID", "STUDYID,USUBJID,AESPID,AESEQ,AETERM\nQ,1,,1,x\nQ,2,1,1,x\n", identity.BySequence},
		{"an AESPID at two visits", "STUDYID,USUBJID,AESPID,AESEQ,AETERM\nQ,1,1,1,x\nQ,1,1,2,x\n", identity.BySequence},
		{"no AESPID", "STUDYID,USUBJID,AESEQ,AETERM\nQ,1,1,x\n", identity.BySequence},
		{"no subject: the user must say", "STUDYID,AESPID,AESEQ,AETERM\nQ,1,1,x\n", nil},
		{"AESPID at two visits and no AESEQ: the user must say", "STUDYID,USUBJID,AESPID,AETERM\nQ,1,1,x\nQ,1,1,y\n", nil},
	} {
		s, columns := survey(t, tt.file, nil)
		got := s.Choose(columns)
		if !slices.Equal(got.Columns, tt.want) || (got.Warning != "") != slices.Equal(got.Columns, identity.BySequence) {
			t.Errorf("%s: %+v, want %v", tt.rule, got, tt.want)
		}
	}
}

func TestAnIdentityThatSubjectsShareIsTooNarrow(t *testing.T) {
	s, _ := survey(t, "STUDYID,USUBJID,AESPID,AETERM\nQ,1,1,x\nQ,1,1,y\nQ,2,1,x\nQ,3,2,x\n", nil, []string{"AESPID"})
	set := s.Set(2)
	if !s.TooNarrow(set) || set.Mixed != 1 || set.Collisions != 1 || set.Shared != 3 || !slices.Equal(set.Pairs, []identity.Pair{{First: 2, Second: 4}}) {
		t.Errorf("%+v", set)
	}
	if s.TooNarrow(s.Set(0)) {
		t.Errorf("one subject's repeated AESPID: %+v", s.Set(0))
	}
}

func TestAnIdentityThatManyRowsShareIsTooNarrow(t *testing.T) {
	file := func(rows, shared int) string {
		var b strings.Builder
		b.WriteString("STUDYID,USUBJID,AESPID,AETERM\n")
		for i := range rows {
			fmt.Fprintf(&b, "Q,1,%d,row %d\n", max(0, i-shared+1), i)
		}
		return b.String()
	}
	for _, tt := range []struct {
		rows, shared int
		want         bool
	}{{100, 2, false}, {100, 9, false}, {100, 10, true}, {1000, 10, false}, {1000, 11, true}} {
		s, _ := survey(t, file(tt.rows, tt.shared), nil)
		set := s.Set(0)
		if set.Shared != int64(tt.shared) || s.TooNarrow(set) != tt.want || len(set.Pairs) > 3 {
			t.Errorf("%d of %d rows share: %+v, too narrow = %t", tt.shared, tt.rows, set, s.TooNarrow(set))
		}
	}
}

func TestVolatileColumnsMakeNoDifference(t *testing.T) {
	file := "\"\",STUDYID,USUBJID,AESPID,AESEQ,AETERM\n1,Q,1,1,1,x\n2,Q,1,1,2,x\n"
	if s, _ := survey(t, file, nil); s.Set(0).Shared != 2 {
		t.Errorf("AESEQ differs: %+v", s.Set(0))
	}
	if s, _ := survey(t, file, []string{"AESEQ"}); s.Set(0).Shared != 0 || !s.Set(0).Unique() {
		t.Errorf("AESEQ is volatile: %+v", s.Set(0))
	}
}
