package logic_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"aecode/deploy/dev/demo/fullsize"
	"aecode/proto/terminology"
	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/logic"
	"aecode/terminology/internal/svc"
)

// composed is a small composed release with its files.
type composed struct {
	context *svc.ServiceContext
	en      map[string][]byte
}

func withSMQs(t *testing.T) composed {
	t.Helper()
	r, err := fullsize.Compose(1, fullsize.Part(40))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), fullsize.Label)
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	s, err := serving(catalog.Config{Dictionaries: catalog.Dictionaries{Release: dir}})
	if err != nil {
		t.Fatal(err)
	}
	return composed{s, r.Files(fullsize.English)}
}

func (c composed) get(t *testing.T, code string) *terminology.GetTermResp {
	t.Helper()
	got, err := logic.NewGetTermLogic(t.Context(), c.context).GetTerm(&terminology.GetTermReq{Code: code})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// rows gives the columns of a file.
func (c composed) rows(file string) (rows [][]string) {
	for line := range bytes.Lines(c.en[file]) {
		rows = append(rows, strings.Split(string(line), "$"))
	}
	return rows
}

func TestGetTermTellsWhatAnSMQHoldsAndWhereATermBelongs(t *testing.T) {
	c := withSMQs(t)
	var content [3][]string // a child SMQ, and a PT and an LLT of the child
	for _, row := range c.rows("smq_content.asc") {
		switch {
		case content[0] == nil && row[2] == "0":
			content[0] = row
		case content[0] != nil && row[0] == content[0][1] && row[2] == "4" && content[1] == nil:
			content[1] = row
		case content[0] != nil && row[0] == content[0][1] && row[2] == "5" && content[2] == nil:
			content[2] = row
		}
	}
	parent := c.get(t, content[0][0])
	if diff := cmp.Diff([]terminology.Level{terminology.Level_SMQ}, parent.GetLevels()); diff != "" || !parent.GetCurrent() || len(parent.GetNames()) != 2 {
		t.Errorf("%v: %s", parent, diff)
	}
	child := c.get(t, content[0][1])
	smq := parent.GetSmq()
	if smq.GetLevel() != 1 || len(smq.GetChildren()) != 2 || smq.GetChildren()[0].GetCode() != child.GetCode() ||
		smq.GetChildren()[0].GetName() != child.GetNames()[0].GetName() || len(parent.GetSmqs()) != 0 {
		t.Errorf("%v", parent)
	}
	other := c.get(t, smq.GetChildren()[1].GetCode())
	if pts := child.GetSmq().GetPtCount() + other.GetSmq().GetPtCount(); pts == 0 || pts != smq.GetPtCount() || child.GetSmq().GetLevel() != 2 ||
		child.GetSmq().GetLltCount()+other.GetSmq().GetLltCount() != smq.GetLltCount() {
		t.Errorf("%v is not the sum of %v and %v", smq, child.GetSmq(), other.GetSmq())
	}
	if len(child.GetSmqs()) != 2 || child.GetSmqs()[0].GetLevel() != terminology.Level_SMQ || child.GetSmqs()[0].GetSmq().GetCode() != parent.GetCode() {
		t.Errorf("a child belongs to %v", child.GetSmqs())
	}
	for _, row := range content[1:] {
		got := c.get(t, row[1])
		if len(got.GetSmqs()) != 2 || len(got.GetPaths()) == 0 || got.GetSmq() != nil {
			t.Fatalf("%v", got)
		}
		want := &terminology.SmqMembership{
			Language: "en", Smq: &terminology.TermRef{Code: child.GetCode(), Name: child.GetNames()[0].GetName()},
			Level:    map[string]terminology.Level{"4": terminology.Level_PT, "5": terminology.Level_LLT}[row[2]],
			Scope:    map[string]terminology.SmqScope{"1": terminology.SmqScope_BROAD, "2": terminology.SmqScope_NARROW}[row[3]],
			Category: row[4], Active: true,
			Above: []*terminology.TermRef{{Code: parent.GetCode(), Name: parent.GetNames()[0].GetName()}},
		}
		if diff := cmp.Diff(want, got.GetSmqs()[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s: %s", row[1], diff)
		}
		if got.GetSmqs()[1].GetLanguage() != "zh" || got.GetSmqs()[1].GetSmq().GetName() == want.GetSmq().GetName() {
			t.Errorf("%v, want the Chinese name too", got.GetSmqs()[1])
		}
	}
}

func TestAnSMQIsNoLevelToSearchOn(t *testing.T) {
	_, err := logic.NewSearchTermsLogic(t.Context(), service(t)).SearchTerms(&terminology.SearchTermsReq{Query: "head", Levels: []terminology.Level{terminology.Level_SMQ}})
	if got := fieldOf(t, err); got != "levels[0]" {
		t.Errorf("field %s", got)
	}
}

func TestACodeThatIsNeitherATermNorAnSMQIsNotFound(t *testing.T) {
	c := withSMQs(t)
	_, err := logic.NewGetTermLogic(t.Context(), c.context).GetTerm(&terminology.GetTermReq{Code: "99999999"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("%v, want NotFound", err)
	}
}
