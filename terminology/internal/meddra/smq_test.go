package meddra

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withSMQs is the invented release with a query of two levels.
func withSMQs() synthetic {
	s := newSynthetic(English)
	s[smqListFile] = []string{
		"99000001$Silks (SMQ)$1$About silks$Source$Note$99.1$A$N$",
		"99000002$Silken coughs (SMQ)$2$$$$99.1$A$A or (B and C)$",
		"99000003$Old silks (SMQ)$3$$$$99.1$I$N$",
	}
	s[smqContentFile] = []string{
		"99000002$90000102$4$1$B$3$A$99.0$99.1$",
		"99000001$99000002$0$0$S$0$A$99.0$99.0$",
		"99000001$90000103$4$2$A$0$A$99.0$99.0$",
		"99000002$90000202$5$1$B$3$A$99.0$99.1$",
		"99000001$90000203$5$2$A$0$I$99.0$99.1$",
		"99000002$99000003$0$0$S$0$A$99.0$99.0$",
		"99000003$90000103$4$1$A$0$A$99.0$99.0$",
	}
	return s
}

func TestAReleaseTellsWhichTermsBelongToAnSMQAndWhere(t *testing.T) {
	r := mustLoad(t, withSMQs().fs())
	if w := texts(r.Warnings()); w != nil {
		t.Errorf("warnings %q", w)
	}
	if c := r.Counts(); c.SMQ != 3 || c.SMQMembers != 7 {
		t.Errorf("counts %+v", c)
	}
	smq, ok := r.SMQ(99000002)
	if want := (SMQ{Code: 99000002, Name: "Silken coughs (SMQ)", Level: 2, Active: true, Algorithm: "A or (B and C)"}); !ok || smq != want {
		t.Errorf("SMQ is %+v %v", smq, ok)
	}
	if old, _ := r.SMQ(99000003); old.Active {
		t.Error("an inactive SMQ is active")
	}
	pt := Member{SMQ: 99000002, Term: 90000102, Level: LevelPT, Scope: ScopeBroad, Category: "B", Weight: 3, Active: true}
	if diff := cmp.Diff([]Member{pt}, r.Memberships(90000102)); diff != "" {
		t.Error(diff)
	}
	if got := r.Memberships(90000203); len(got) != 1 || got[0].Active || got[0].Level != LevelLLT || got[0].Scope != ScopeNarrow {
		t.Errorf("an LLT that no longer belongs: %+v", got)
	}
	var in []Code
	for _, m := range r.Memberships(90000103) {
		in = append(in, m.SMQ)
	}
	if diff := cmp.Diff([]Code{99000001, 99000003}, in); diff != "" {
		t.Error(diff)
	}
	var members []Code
	for _, m := range r.MembersOf(99000002) {
		members = append(members, m.Term)
	}
	if diff := cmp.Diff([]Code{90000102, 90000202, 99000003}, members); diff != "" {
		t.Error(diff)
	}
	var above []Code
	for _, s := range r.Above(99000003) {
		above = append(above, s.Code)
	}
	if diff := cmp.Diff([]Code{99000002, 99000001}, above); diff != "" {
		t.Errorf("not the nearest first: %s", diff)
	}
	if r.Memberships(90000101) != nil || r.MembersOf(90000101) != nil || r.Above(99000001) != nil {
		t.Error("what is in no SMQ is in one")
	}
	if _, _, ok := r.Lookup(99000001); ok {
		t.Error("an SMQ answers as a term of the hierarchy")
	}
}

func TestACircleOfSMQsEnds(t *testing.T) {
	s := withSMQs()
	s.add(smqContentFile, "99000003$99000001$0$0$S$0$A$99.0$99.0$")
	if got := mustLoad(t, s.fs()).Above(99000001); len(got) != 2 {
		t.Errorf("%d SMQs above, want the two others", len(got))
	}
}

func TestFaultsOfTheSMQFilesAreWarningsAndLeftOut(t *testing.T) {
	s := withSMQs()
	s.add(smqListFile, "90000001$Organs (SMQ)$x$$$$99.1$Z$N$")
	s.add(smqContentFile, s[smqContentFile][0], "99000001$99000001$0$0$S$0$A$99.0$99.0$",
		"99000001$90000102$4$3$A$-1$A$99.0$99.0$")
	r := mustLoad(t, s.fs())
	want := []string{
		"smq_content.asc:8: duplicate row of 90000102 in SMQ 99000002",
		"smq_content.asc:9: SMQ 99000001 is its own child",
		`smq_content.asc:10: term_scope is "3", want 1 or 2`,
		`smq_content.asc:10: term_weight is "-1", want a number`,
		"smq_list.asc:4: SMQ 90000001 has the code of a term on level SOC",
		`smq_list.asc:4: smq_level is "x", want a number`,
		`smq_list.asc:4: status is "Z", want A or I`,
	}
	if diff := cmp.Diff(want, texts(r.Warnings())); diff != "" {
		t.Error(diff)
	}
	if c := r.Counts(); c.SMQMembers != 8 {
		t.Errorf("%d members, want 8", c.SMQMembers)
	}
}
