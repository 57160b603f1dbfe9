package single

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// answers is a Coder that gives what a test sets, or hangs until its deadline.
type answers struct {
	given []run.Answer
	err   error
	hangs bool
	asked []run.Term
}

func (a *answers) Encode(ctx context.Context, _ report.Versions, terms []run.Term) ([]run.Answer, error) {
	a.asked = terms
	if a.hangs {
		<-ctx.Done()
		return nil, &run.Failure{Class: run.ClassDeadline, Err: ctx.Err()}
	}
	return a.given, a.err
}

var (
	item  = run.Item{ReportID: 1, VerbatimVersion: 2, Identity: report.Identity{Study: "S1"}, Verbatim: "headache", Language: "en"}
	coded = run.Answer{Coding: &report.Coding{LLT: report.Term{Code: "10019211", Name: "Headache"}}}
)

const overall = 5 * time.Second

func TestASingleReportIsMappedAsInAPass(t *testing.T) {
	for name, tt := range map[string]struct {
		coder answers
		kind  run.Kind
		class string
	}{
		"decided":                 {answers{given: []run.Answer{coded}}, run.Coded, ""},
		"for a person":            {answers{given: []run.Answer{{Reason: report.Suggested}}}, run.Review, ""},
		"terminology away":        {answers{err: &run.Failure{Class: "UNAVAILABLE"}}, run.Left, "UNAVAILABLE"},
		"the item's own failure":  {answers{given: []run.Answer{{Err: &run.Failure{Class: "INTERNAL", Item: true}}}}, run.Left, "INTERNAL"},
		"an error of no class":    {answers{err: errors.New("?")}, run.Left, run.ClassInternal},
		"neither decided nor not": {answers{given: []run.Answer{{}}}, run.Left, run.ClassMalformed},
		"another number of items": {answers{given: []run.Answer{coded, coded}}, run.Left, run.ClassMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(nil, &tt.coder, nil, idempotency.Secret{}, overall, nil)
			r, failure := s.code(t.Context(), item)
			if r.Kind != tt.kind || r.ErrorClass != tt.class || (failure != nil) != (tt.kind == run.Left) {
				t.Errorf("code = %+v, %v; want %s %s", r, failure, tt.kind, tt.class)
			}
			if r.ReportID != item.ReportID || r.VerbatimVersion != item.VerbatimVersion {
				t.Errorf("the result is of report %d version %d", r.ReportID, r.VerbatimVersion)
			}
			if want := (run.Term{Verbatim: "headache", Language: "en", Study: "S1"}); len(tt.coder.asked) != 1 || tt.coder.asked[0] != want {
				t.Errorf("asked %v, want %v", tt.coder.asked, want)
			}
		})
	}
}

func TestASingleReportEndsWithItsOverallTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil, &answers{hangs: true}, nil, idempotency.Secret{}, overall, nil)
		start := time.Now()
		if r, failure := s.code(t.Context(), item); failure == nil || r.ErrorClass != run.ClassDeadline || time.Since(start) != overall {
			t.Errorf("code = %+v, %v after %v", r, failure, time.Since(start))
		}
	})
}

func TestASingleReportWaitsForItsTurnWithinItsOverallTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		coder := &answers{given: []run.Answer{coded}}
		s := New(nil, coder, nil, idempotency.Secret{}, overall, nil)
		for range Concurrency {
			s.slots <- struct{}{}
		}
		if r, failure := s.code(t.Context(), item); failure == nil || r.ErrorClass != run.ClassDeadline || coder.asked != nil {
			t.Errorf("code = %+v, %v with no slot free; asked %v", r, failure, coder.asked)
		}
		time.AfterFunc(time.Second, func() { <-s.slots })
		if r, failure := s.code(t.Context(), item); failure != nil || r.Kind != run.Coded {
			t.Errorf("code = %+v, %v once a slot is free", r, failure)
		}
	})
}
