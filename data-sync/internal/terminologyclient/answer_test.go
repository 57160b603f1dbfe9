package terminologyclient_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/terminologyclient"
	terminologypb "aecode/proto/terminology"
)

func TestAnAnswerThatCannotBeRightCodesNothing(t *testing.T) {
	for name, spoil := range map[string]func(r *terminologypb.EncodeResp){
		"coded without a code":       func(r *terminologypb.EncodeResp) { r.Code = "" },
		"coded without a path":       func(r *terminologypb.EncodeResp) { r.Path = nil },
		"coded without a PT":         func(r *terminologypb.EncodeResp) { r.Path.Pt = nil },
		"coded without an SOC code":  func(r *terminologypb.EncodeResp) { r.Path.Soc.Code = "" },
		"code of another term":       func(r *terminologypb.EncodeResp) { r.Code = "10099999" },
		"no step":                    func(r *terminologypb.EncodeResp) { r.Method = "" },
		"no status":                  func(r *terminologypb.EncodeResp) { r.Status = 0 },
		"unknown status":             func(r *terminologypb.EncodeResp) { r.Status = 17 },
		"suggested with a code":      func(r *terminologypb.EncodeResp) { r.Status = terminologypb.EncodeStatus_SUGGESTED },
		"no versions":                func(r *terminologypb.EncodeResp) { r.Versions = nil },
		"another dictionary":         func(r *terminologypb.EncodeResp) { r.Versions.Dictionary = "28.1" },
		"another synonym list":       func(r *terminologypb.EncodeResp) { r.Versions.SynonymVersion = "s2" },
		"another coder":              func(r *terminologypb.EncodeResp) { r.Versions.EngineVersion = "e2" },
		"score that is not a number": func(r *terminologypb.EncodeResp) { r.Score = math.NaN() },
		"score above 1":              func(r *terminologypb.EncodeResp) { r.Score = 1.5 },
		"candidate's score below 0": func(r *terminologypb.EncodeResp) {
			r.Candidates = []*terminologypb.Candidate{{Score: -1}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
					resp := codeAll(req)
					spoil(resp.Results[1].GetAnswer())
					return resp, nil
				}}
				c, _ := dial(t, s, nil)
				terms := numbered(3)
				answers, err := c.Encode(t.Context(), pinned, terms)
				if err != nil {
					t.Fatal(err)
				}
				wantAnswers(t, terms, answers, 1)
				f := failureOf(t, answers[1].Err)
				if f.Class != run.ClassMalformed || !f.Item || answers[1].Coding != nil {
					t.Errorf("answer = %+v, failure %+v", answers[1], f)
				}
			})
		})
	}
}

func TestAResponseThatDoesNotFitTheRequestIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			return &terminologypb.EncodeTermsResp{}, nil
		}}
		c, _ := dial(t, s, nil)
		_, err := c.Encode(t.Context(), pinned, numbered(100))
		if f := failureOf(t, err); f.Class != run.ClassMalformed || f.Item {
			t.Errorf("failure = %+v", f)
		}
		s.encode = func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			resp := codeAll(req)
			resp.Results[0].Outcome = nil
			return resp, nil
		}
		terms := numbered(3)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers, 0)
		if f := failureOf(t, answers[0].Err); f.Class != run.ClassMalformed {
			t.Errorf("failure = %+v", f)
		}
	})
}

func TestWhatTheMachineDoesNotDecideHasAReason(t *testing.T) {
	candidate := &terminologypb.Candidate{
		Path:  &terminologypb.Path{Llt: &terminologypb.TermRef{Code: "1", Name: "l"}, Pt: &terminologypb.TermRef{Code: "2", Name: "p"}, Soc: &terminologypb.TermRef{Code: "5", Name: "s"}},
		Score: 0.5, Method: "trigram", Reason: "shares most letters",
	}
	for _, tt := range []struct {
		status terminologypb.EncodeStatus
		said   string
		want   report.Reason
	}{
		{terminologypb.EncodeStatus_SUGGESTED, "", report.Suggested},
		{terminologypb.EncodeStatus_NO_MATCH, "", report.NoMatch},
		{terminologypb.EncodeStatus_SUGGESTED, "DO_NOT_AUTOCODE", "DO_NOT_AUTOCODE"},
		{terminologypb.EncodeStatus_SUGGESTED, "no safe match for headache", report.Suggested},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
				resp := codeAll(req)
				a := resp.Results[0].GetAnswer()
				a.Status, a.Code, a.Path, a.Reason, a.Candidates = tt.status, "", nil, tt.said, []*terminologypb.Candidate{candidate}
				return resp, nil
			}}
			c, _ := dial(t, s, nil)
			answers, err := c.Encode(t.Context(), pinned, numbered(1))
			if err != nil {
				t.Fatal(err)
			}
			a := answers[0]
			if a.Err != nil || a.Coding != nil || a.Reason != tt.want || a.Versions.Dictionary != "29.0" {
				t.Errorf("answer = %+v, want reason %s", a, tt.want)
			}
			want := report.Candidate{LLT: report.Term{Code: "1", Name: "l"}, PT: report.Term{Code: "2", Name: "p"}, SOC: report.Term{Code: "5", Name: "s"}, Score: 0.5, Method: "trigram", Reason: "shares most letters"}
			if len(a.Candidates) != 1 || a.Candidates[0] != want {
				t.Errorf("candidates = %+v", a.Candidates)
			}
		})
	}
}

func TestAnItemsOwnErrorTouchesNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			resp := codeAll(req)
			resp.Results[0] = itemFailed(int32(codes.InvalidArgument))
			resp.Results[1] = itemFailed(int32(codes.Internal))
			resp.Results[2] = itemFailed(int32(codes.Unavailable))
			resp.Results[3] = itemFailed(99)
			return resp, nil
		}}
		c, _ := dial(t, s, nil)
		terms := numbered(6)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers, 0, 1, 2, 3)
		if a := answers[0]; a.Err != nil || a.Reason != report.Refused || a.Versions != pinned {
			t.Errorf("refused verbatim: %+v, want a reason for a person", a)
		}
		for i, want := range map[int]run.Failure{1: {Class: "INTERNAL", Item: true}, 2: {Class: "UNAVAILABLE"}, 3: {Class: "UNKNOWN", Item: true}} {
			if f := failureOf(t, answers[i].Err); f.Class != want.Class || f.Item != want.Item {
				t.Errorf("failure %d = %+v, want %+v", i, f, want)
			}
		}
	})
}

func TestWhenTerminologyHasNoAnswerForAnyItemTheWholeBatchFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			resp := codeAll(req)
			for i := range resp.Results {
				resp.Results[i] = itemFailed(int32(codes.Unavailable))
			}
			return resp, nil
		}}
		c, _ := dial(t, s, nil)
		_, err := c.Encode(t.Context(), pinned, numbered(6))
		if f := failureOf(t, err); f.Class != "UNAVAILABLE" || f.Item {
			t.Errorf("failure = %+v", f)
		}
	})
}

func TestNewestGivesTheDefaultReleasesVersions(t *testing.T) {
	releases := []*terminologypb.Release{
		{Dictionary: "28.1", SynonymVersion: "s0"},
		{Dictionary: "29.0", SynonymVersion: "s1", IsDefault: true},
	}
	synctest.Test(t, func(t *testing.T) {
		s := &server{list: func(n int) (*terminologypb.ListReleasesResp, error) {
			switch n {
			case 1:
				return nil, status.Error(codes.Unavailable, "")
			case 2:
				return &terminologypb.ListReleasesResp{}, nil // still loading
			}
			return &terminologypb.ListReleasesResp{Releases: releases, EngineVersion: "e1"}, nil
		}}
		c, _ := dial(t, s, nil)
		v, err := c.Newest(t.Context())
		if err != nil || v != pinned {
			t.Errorf("Newest = %+v, %v", v, err)
		}
		if s.withoutDeadline != 0 {
			t.Error("a call had no deadline")
		}
		s.list = func(int) (*terminologypb.ListReleasesResp, error) {
			return &terminologypb.ListReleasesResp{Releases: releases[:1]}, nil
		}
		if _, err := c.Newest(t.Context()); failureOf(t, err).Class != run.ClassMalformed {
			t.Errorf("without a default release: %v", err)
		}
	})
}

func TestConfigNamesTheFieldThatCannotWork(t *testing.T) {
	for field, spoil := range map[string]func(*terminologyclient.Config){
		"AttemptTimeout":  func(c *terminologyclient.Config) { c.AttemptTimeout = 0 },
		"MaxAttempts":     func(c *terminologyclient.Config) { c.MaxAttempts = 0 },
		"Target":          func(c *terminologyclient.Config) { c.Target = "" },
		"FirstDelay":      func(c *terminologyclient.Config) { c.FirstDelay = 0 },
		"MaxDelay":        func(c *terminologyclient.Config) { c.MaxDelay = c.FirstDelay - 1 },
		"Overall":         func(c *terminologyclient.Config) { c.Overall = c.AttemptTimeout - 1 },
		"MaxBatch":        func(c *terminologyclient.Config) { c.MaxBatch = 257 },
		"Candidates":      func(c *terminologyclient.Config) { c.Candidates = 21 },
		"Concurrency":     func(c *terminologyclient.Config) { c.Concurrency = 65 },
		"BudgetRatio":     func(c *terminologyclient.Config) { c.BudgetRatio = 2 },
		"BudgetPerSecond": func(c *terminologyclient.Config) { c.BudgetPerSecond = -1 },
	} {
		cfg := defaults(t)
		spoil(&cfg)
		if err := cfg.Validate(); err == nil || len(err.Error()) < len(field) || err.Error()[:len(field)] != field {
			t.Errorf("%s: Validate = %v, want an error that begins with it", field, err)
		}
		if _, err := terminologyclient.New(terminologypb.NewTerminologyClient(nil), cfg, nil); err == nil {
			t.Errorf("%s: New accepts what Validate refuses", field)
		}
	}
}
