package terminologyclient_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/data-sync/internal/terminologyclient"
	terminologypb "aecode/proto/terminology"
)

// deposits leaves no retry but those which the items sent have earned, one an
// item, and lets next to no time pass in which they could leak away.
func deposits(c *terminologyclient.Config) {
	c.BudgetRatio, c.BudgetPerSecond = 1, 0
	c.MaxAttempts = 10
	c.FirstDelay, c.MaxDelay = time.Millisecond, time.Millisecond
}

func TestAnItemEarnsItsRetriesOnceHoweverOftenItIsSent(t *testing.T) {
	for name, overloaded := range map[string]func(*terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error){
		"terminology has time for one item a call": func(req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			resp := codeAll(req)
			for i := 1; i < len(resp.Results); i++ {
				resp.Results[i] = notProcessed()
			}
			return resp, nil
		},
		"a bad item is found by halving": func(req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			for _, item := range req.GetItems() {
				if item.GetTerm() == "verbatim 17" {
					return nil, status.Error(codes.Internal, "")
				}
			}
			return codeAll(req), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{encode: func(_ context.Context, _ int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
					return overloaded(req)
				}}
				c, seen := dial(t, s, deposits)
				const first = 32
				if _, err := c.Encode(t.Context(), pinned, numbered(first)); err != nil {
					t.Fatal(err)
				}
				calls := len(s.sizes())
				if calls < 10 || len(seen.retries) > 1 {
					t.Fatalf("%d calls, retries %v: nothing was sent again", calls, seen.retries)
				}
				s.encode = func(context.Context, int, *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
					return nil, status.Error(codes.Unavailable, "")
				}
				earned, retried := first, 0
				for seen.retries["budget"] == 0 && earned < 10*first {
					before := len(s.sizes())
					if _, err := c.Encode(t.Context(), pinned, numbered(15)); err == nil {
						t.Fatal("no error while terminology is away")
					}
					sizes := s.sizes()[before:]
					earned += sizes[0]
					for _, n := range sizes[1:] {
						retried += n
					}
				}
				if retried > earned {
					t.Errorf("%d items were retried, %d were earned", retried, earned)
				}
				if seen.retries["budget"] == 0 {
					t.Errorf("retries = %v: the budget was never asked", seen.retries)
				}
			})
		})
	}
}

func TestARetryCarriesNoMoreThanItPaysFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c *terminologyclient.Client
		s := &server{encode: func(ctx context.Context, n int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
			if n != 1 {
				return codeAll(req), nil
			}
			// Meanwhile others do well, and the size that all share grows.
			if _, err := c.Encode(ctx, pinned, numbered(c.BatchSize())); err != nil {
				t.Error(err)
			}
			return nil, status.Error(codes.Unavailable, "")
		}}
		c, _ = dial(t, s, plenty)
		before := c.BatchSize()
		terms := numbered(200)
		answers, err := c.Encode(t.Context(), pinned, terms)
		if err != nil {
			t.Fatal(err)
		}
		wantAnswers(t, terms, answers)
		if c.BatchSize() <= before {
			t.Fatalf("the size is %d as before: nothing to hold", before)
		}
		if sizes := s.sizes(); sizes[0] != before || sizes[2] != before || slices.Max(sizes[3:]) <= before {
			t.Errorf("calls of %v items: the retry, the third, is to carry %d, later ones more", sizes, before)
		}
	})
}
