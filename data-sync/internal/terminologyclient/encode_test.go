package terminologyclient_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/terminologyclient"
	terminologypb "aecode/proto/terminology"
)

func numbered(n int) []run.Term {
	verbatims := make([]string, n)
	for i := range verbatims {
		verbatims[i] = fmt.Sprintf("verbatim %d", i)
	}
	return termsOf(verbatims...)
}

// wantAnswers checks that every term but the excepted was answered, each at
// its place.
func wantAnswers(t *testing.T, terms []run.Term, answers []run.Answer, except ...int) {
	t.Helper()
	if len(answers) != len(terms) {
		t.Fatalf("%d answers to %d terms", len(answers), len(terms))
	}
	for i, a := range answers {
		if slices.Contains(except, i) {
			continue
		}
		if a.Err != nil || a.Coding == nil || a.Coding.LLT.Name != terms[i].Verbatim {
			t.Fatalf("answer %d: %+v", i, a)
		}
	}
}

func failureOf(t *testing.T, err error) *run.Failure {
	t.Helper()
	f, ok := errors.AsType[*run.Failure](err)
	if !ok {
		t.Fatalf("%v is no *nightly.Failure", err)
	}
	return f
}

func TestEncodeAnswersEachTermAtItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		c, _ := dial(t, s, nil)
		terms := numbered(terminologyclient.MaxBatch)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers)
		want := &report.Coding{
			LLT: report.Term{Code: "10000001", Name: "verbatim 5"}, PT: report.Term{Code: "10000002", Name: "verbatim 5"},
			HLT: report.Term{Code: "10000003", Name: "verbatim 5"}, HLGT: report.Term{Code: "10000004", Name: "verbatim 5"},
			SOC: report.Term{Code: "10000005", Name: "verbatim 5"}, Method: "exact", Score: 1,
			Versions:  report.Versions{Dictionary: "29.0", Language: "en", SynonymVersion: "s1", EngineVersion: "e1"},
			DecidedBy: report.Machine,
		}
		if got := answers[5].Coding; *got != *want {
			t.Errorf("coding = %+v, want %+v", got, want)
		}
		if most := slices.Max(s.sizes()); most > terminologyclient.MaxBatch {
			t.Errorf("a call carried %d items", most)
		}
		if s.withoutDeadline != 0 {
			t.Errorf("%d calls had no deadline", s.withoutDeadline)
		}
	})
}

// The caller cuts: a second cut here would never take effect, and hide a caller
// that does not.
func TestABatchLargerThanMaxBatchIsRefusedAndNothingIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		c, _ := dial(t, s, func(c *terminologyclient.Config) { c.MaxBatch = 40 })
		answers, err := c.Encode(t.Context(), pinned, numbered(41))
		if answers != nil || err == nil || !strings.Contains(err.Error(), "a batch of 41 terms is larger than MaxBatch, 40") || len(s.sizes()) != 0 {
			t.Errorf("Encode = %d answers, %v, after %d calls", len(answers), err, len(s.sizes()))
		}
		if size := c.BatchSize(); size > 40 {
			t.Errorf("BatchSize is %d, which Encode refuses", size)
		}
		terms := numbered(40)
		answers, err = c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers)
	})
}

func TestWhatTerminologyHadNoTimeForIsResentWithoutSpendingATry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			resp := codeAll(req)
			for i := 3; i < len(resp.Results); i++ {
				resp.Results[i] = notProcessed()
			}
			return resp, nil
		}}
		c, seen := dial(t, s, func(c *terminologyclient.Config) { c.MaxAttempts = 1 })
		terms := numbered(30)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers)
		if len(seen.retries) != 0 {
			t.Errorf("retries = %v, want none", seen.retries)
		}
		if sizes := s.sizes(); slices.Max(sizes[1:]) > 7 {
			t.Errorf("calls of %v items though terminology manages 3", sizes)
		}
	})
}

func TestACallWithoutProgressIsAFailedTryAndTheItemThatBlocksIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			resp := codeAll(req)
			for i, item := range req.GetItems() {
				if item.GetTerm() == "verbatim 4" { // takes all the time there is
					for ; i < len(resp.Results); i++ {
						resp.Results[i] = notProcessed()
					}
					break
				}
			}
			return resp, nil
		}}
		c, seen := dial(t, s, plenty)
		terms := numbered(20)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers, 4)
		f := failureOf(t, answers[4].Err)
		if !f.Item || !f.Again || f.Class != run.ClassDeadline {
			t.Errorf("failure = %+v, want the item's own, DEADLINE, worth another attempt", f)
		}
		if seen.retries["retrying"] == 0 || seen.retries["exhausted"] != 1 {
			t.Errorf("retries = %v", seen.retries)
		}
		if n := len(s.calls); n > 10 {
			t.Errorf("%d calls", n)
		}
		// Call 2 began with it and got nowhere: the others come first then.
		if s.calls[1][0] != "verbatim 4" || s.calls[2][0] != "verbatim 5" {
			t.Errorf("call 2 began with %q, call 3 with %q", s.calls[1][0], s.calls[2][0])
		}
	})
}

func TestEachTryHasItsOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lasted []time.Duration
		s := &server{encode: func(ctx context.Context, _ int, _ *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			start := time.Now()
			<-ctx.Done()
			lasted = append(lasted, time.Since(start))
			return nil, ctx.Err()
		}}
		c, seen := dial(t, s, plenty)
		start := time.Now()
		_, err := c.Encode(t.Context(), pinned, numbered(10))
		if f := failureOf(t, err); f.Class != run.ClassDeadline || f.Item {
			t.Errorf("failure = %+v, want DEADLINE, nobody's fault", f)
		}
		synctest.Wait()
		if len(lasted) != 3 {
			t.Fatalf("%d calls, want 3 tries", len(lasted))
		}
		for _, d := range lasted {
			if d != 300*time.Millisecond {
				t.Errorf("a call lasted %v, want 300ms", d)
			}
		}
		// Three tries and two delays of at most 100 and 200 ms.
		if took := time.Since(start); took > 1200*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if seen.attempts["DEADLINE"] != 3 {
			t.Errorf("attempts = %v", seen.attempts)
		}
	})
}

func TestAnUnavailableTerminologyIsTriedAgainButNotHalved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, n int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			if n%3 != 0 {
				return nil, status.Error(codes.Unavailable, "sentinel-verbatim")
			}
			return codeAll(req), nil
		}}
		c, _ := dial(t, s, plenty)
		terms := numbered(20)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers)
		s.encode = func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			return nil, status.Error(codes.Unavailable, "sentinel-verbatim")
		}
		s.calls = nil
		_, err = c.Encode(t.Context(), pinned, terms)
		if f := failureOf(t, err); f.Class != "UNAVAILABLE" || f.Item {
			t.Errorf("failure = %+v", f)
		}
		if got := s.sizes(); !slices.Equal(got, []int{20, 20, 20}) {
			t.Errorf("calls of %v items, want three of all", got)
		}
		if strings.Contains(err.Error(), "sentinel") {
			t.Errorf("the error repeats what the server said: %v", err)
		}
		if status.Code(err) != codes.Unavailable {
			t.Errorf("the error hides its status: %v", status.Code(err))
		}
	})
}

func TestRetriesAreBoundedByABudgetInItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			return nil, status.Error(codes.Unavailable, "")
		}}
		c, seen := dial(t, s, nil)
		var err error
		for range 20 {
			_, err = c.Encode(t.Context(), pinned, numbered(30))
		}
		if f := failureOf(t, err); f.Class != run.ClassBudget {
			t.Errorf("class %s, want BUDGET", f.Class)
		}
		// 20 first tries; 100 items at hand, 10 % of 600 and 10/s in a few
		// seconds pay for about seven retries of 30.
		if n := seen.attempts["UNAVAILABLE"]; n < 21 || n > 30 {
			t.Errorf("%d calls, want 20 and a few retries", n)
		}
	})
}

func TestSheddingIsWaitedForAsTheServerAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, n int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			if n > 1 {
				return codeAll(req), nil
			}
			st, err := status.New(codes.ResourceExhausted, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(2 * time.Second)})
			if err != nil {
				return nil, err
			}
			return nil, st.Err()
		}}
		c, _ := dial(t, s, nil)
		start := time.Now()
		terms := numbered(5)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("took %v, want the 2 s that the server asked for", took)
		}
	})
}

func TestABatchThatFailsForGoodIsHalvedDownToTheBadItems(t *testing.T) {
	for _, code := range []codes.Code{codes.InvalidArgument, codes.Internal, codes.Unknown} {
		for _, bad := range [][]int{{0}, {31}, {17}, {3, 4}, {0, 1, 2, 3}} {
			t.Run(fmt.Sprint(code, bad), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					terms := numbered(32)
					s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
						for _, item := range req.GetItems() {
							for _, b := range bad {
								if item.GetTerm() == terms[b].Verbatim {
									return nil, status.Error(code, "sentinel-verbatim")
								}
							}
						}
						return codeAll(req), nil
					}}
					c, _ := dial(t, s, nil)
					answers, err := c.Encode(t.Context(), pinned, terms)
					if err != nil {
						t.Fatal(err)
					}
					wantAnswers(t, terms, answers, bad...)
					for _, b := range bad {
						f := failureOf(t, answers[b].Err)
						if !f.Item || f.Again || f.Class == run.ClassCancelled || strings.Contains(f.Error(), "sentinel") {
							t.Errorf("failure %d = %+v", b, f)
						}
					}
					if n := len(s.calls); n > 2*5*len(bad)+2 {
						t.Errorf("%d calls to find %d items of 32", n, len(bad))
					}
				})
			})
		}
	}
}

func TestWhenEverythingFailsForGoodItIsNotTheItems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			return nil, status.Error(codes.Internal, "")
		}}
		c, _ := dial(t, s, nil)
		_, err := c.Encode(t.Context(), pinned, numbered(256))
		if f := failureOf(t, err); f.Class != "INTERNAL" || f.Item {
			t.Errorf("failure = %+v, want INTERNAL, nobody's fault", f)
		}
		if n := len(s.calls); n > 25 {
			t.Errorf("%d calls, want halving to give up", n)
		}
	})
}

func TestFailuresAboutTheCallerAreNeitherRetriedNorHalved(t *testing.T) {
	for _, code := range []codes.Code{codes.Unimplemented, codes.Unauthenticated, codes.PermissionDenied, codes.NotFound, codes.ResourceExhausted, codes.FailedPrecondition} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{encode: func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
				return nil, status.Error(code, "")
			}}
			c, _ := dial(t, s, nil)
			_, err := c.Encode(t.Context(), pinned, numbered(10))
			if f := failureOf(t, err); f.Item || status.Code(err) != code || f.Class == "" {
				t.Errorf("failure = %+v", f)
			}
			if len(s.calls) != 1 {
				t.Errorf("%s: %d calls, want 1", code, len(s.calls))
			}
		})
	}
}

// One verbatim on which terminology hangs must not hold up the others, and is
// told from an outage by asking something harmless.
func TestAnItemThatTerminologyHangsOnIsTheItemsOwnFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(ctx context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			for _, item := range req.GetItems() {
				if item.GetTerm() == "verbatim 9" {
					<-ctx.Done()
					return nil, ctx.Err()
				}
			}
			return codeAll(req), nil
		}}
		c, _ := dial(t, s, func(c *terminologyclient.Config) { plenty(c); c.Overall = 10 * time.Second })
		open := numbered(16)
		last := open[9]
		for attempt := 1; ; attempt++ {
			answers, err := c.Encode(t.Context(), pinned, open)
			if err == nil {
				left := open[:0:0]
				for i, a := range answers {
					if a.Err == nil {
						continue
					}
					left = append(left, open[i])
					if f := failureOf(t, a.Err); f.Item && open[i] != last {
						t.Fatalf("%q was blamed", open[i].Verbatim)
					} else if f.Item {
						if len(answers) > 1 && attempt > 5 {
							t.Errorf("found in attempt %d", attempt)
						}
						return
					}
				}
				open = left
			}
			if attempt == 5 {
				t.Fatalf("not found in 5 attempts, %d still open: %v", len(open), err)
			}
		}
	})
}

func TestOthersAreAnsweredThoughTerminologyHangsOnTheFirstItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(ctx context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			if req.GetItems()[0].GetTerm() == "verbatim 0" {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return codeAll(req), nil
		}}
		c, _ := dial(t, s, plenty)
		terms := numbered(16)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		done := 0
		for _, a := range answers {
			if a.Err == nil {
				done++
			}
		}
		if done < 8 {
			t.Errorf("%d of 16 answered", done)
		}
	})
}

func TestABatchEndsAtItsOverallDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			time.Sleep(200 * time.Millisecond)
			resp := codeAll(req)
			for i := 1; i < len(resp.Results); i++ {
				resp.Results[i] = notProcessed()
			}
			return resp, nil
		}}
		c, _ := dial(t, s, nil)
		start := time.Now()
		terms := numbered(100)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v, want at most 5s", took)
		}
		done := 0
		for _, a := range answers {
			if a.Err == nil {
				done++
			} else if f := failureOf(t, a.Err); f.Item || f.Class != run.ClassDeadline {
				t.Errorf("failure = %+v, want DEADLINE, nobody's fault", f)
			}
		}
		if done < 20 || done > 25 {
			t.Errorf("%d answers kept, want about 24", done)
		}
	})
}

func TestACallersCancelEndsACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(ctx context.Context, _ int, _ *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		c, _ := dial(t, s, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		start := time.Now()
		_, err := c.Encode(ctx, pinned, numbered(3))
		if f := failureOf(t, err); f.Class != run.ClassCancelled || !errors.Is(err, context.Canceled) {
			t.Errorf("failure = %+v", f)
		}
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestTheBatchSizeAdaptsToHalfTheAttemptTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			time.Sleep(time.Duration(len(req.GetItems())) * 2 * time.Millisecond)
			return codeAll(req), nil
		}}
		c, seen := dial(t, s, nil)
		for range 10 {
			terms := numbered(c.BatchSize())
			answers, err := c.Encode(t.Context(), pinned, terms)
			if err != nil {
				t.Fatal(err)
			}
			wantAnswers(t, terms, answers)
		}
		if n := c.BatchSize(); n < 70 || n > 80 || seen.size != n {
			t.Errorf("batch size %d (observed %d), want about 75: 150 ms at 2 ms each", n, seen.size)
		}
	})
}

func TestAPinThatNobodyServesHasAClassOfItsOwn(t *testing.T) {
	notHeld, err := status.New(codes.Unavailable, "this replica does not hold the pinned version").
		WithDetails(&errdetails.ErrorInfo{Reason: "PIN_NOT_HELD", Domain: "terminology.aecode"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		said  error
		calls int
		want  string
	}{
		"held elsewhere, perhaps": {notHeld.Err(), 3, terminologyclient.ClassPinNotServed},
		"known to nobody":         {status.Error(codes.NotFound, "no such release"), 1, terminologyclient.ClassPinNotServed},
		"away":                    {status.Error(codes.Unavailable, "connection refused"), 3, "UNAVAILABLE"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{encode: func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
				return nil, tc.said
			}}
			c, _ := dial(t, s, plenty)
			_, err := c.Encode(t.Context(), pinned, numbered(10))
			if f := failureOf(t, err); f.Class != tc.want || f.Item {
				t.Errorf("%s: failure = %+v, want class %s", name, f, tc.want)
			}
			if len(s.calls) != tc.calls {
				t.Errorf("%s: %d calls, want %d", name, len(s.calls), tc.calls)
			}
		})
	}
}

func TestARetryOfAShedCallCostsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shed, err := status.New(codes.ResourceExhausted, "busy").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(10 * time.Millisecond)})
		if err != nil {
			t.Fatal(err)
		}
		s := &server{encode: func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			return nil, shed.Err()
		}}
		// Room for one retry of ten items, then for none.
		c, _ := dial(t, s, func(c *terminologyclient.Config) { c.BudgetRatio, c.BudgetPerSecond = 0, 1 })
		_, first := c.Encode(t.Context(), pinned, numbered(10))
		_, second := c.Encode(t.Context(), pinned, numbered(10))
		if f := failureOf(t, second); f.Class != run.ClassBudget {
			t.Errorf("classes %s and %s after %d calls, want BUDGET in the end", failureOf(t, first).Class, f.Class, len(s.calls))
		}
		if len(s.calls) > 3 {
			t.Errorf("%d calls, want at most 3", len(s.calls))
		}
	})
}
