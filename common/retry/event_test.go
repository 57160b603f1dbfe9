package retry_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"aecode/common/retry"
)

func TestObserverSeesEveryTryAndOneEnd(t *testing.T) {
	const ms = time.Millisecond
	cancelAfter := func(d time.Duration) func(*testing.T) (context.Context, context.CancelFunc) {
		return func(t *testing.T) (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), d)
		}
	}
	for name, tt := range map[string]struct {
		ctx  func(*testing.T) (context.Context, context.CancelFunc)
		edit func(*retry.Policy)
		errs []error
		want []retry.Event
	}{
		"success": {want: []retry.Event{{Attempt: 1, Tried: true, Reason: retry.ReasonSucceeded}}},
		"one retry": {errs: []error{errUnavailable}, want: []retry.Event{
			{Attempt: 1, Tried: true, Err: errUnavailable, Delay: 50 * ms, Reason: retry.ReasonRetrying},
			{Attempt: 2, Tried: true, Reason: retry.ReasonSucceeded},
		}},
		"exhausted": {errs: []error{errUnavailable, errUnavailable, errUnavailable}, want: []retry.Event{
			{Attempt: 1, Tried: true, Err: errUnavailable, Delay: 50 * ms, Reason: retry.ReasonRetrying},
			{Attempt: 2, Tried: true, Err: errUnavailable, Delay: 100 * ms, Reason: retry.ReasonRetrying},
			{Attempt: 3, Tried: true, Err: errUnavailable, Reason: retry.ReasonExhausted},
		}},
		"permanent": {errs: []error{errInvalid}, want: []retry.Event{
			{Attempt: 1, Tried: true, Err: errInvalid, Reason: retry.ReasonNotRetryable},
		}},
		"deadline ahead": {ctx: cancelAfter(50 * ms), errs: []error{errUnavailable}, want: []retry.Event{
			{Attempt: 1, Tried: true, Err: errUnavailable, Reason: retry.ReasonDeadline},
		}},
		"refused before the first attempt": {ctx: cancelAfter(0), want: []retry.Event{{Reason: retry.ReasonDeadline}}},
		"invalid":                          {edit: func(p *retry.Policy) { p.MaxAttempts = 0 }, want: []retry.Event{{Reason: retry.ReasonInvalidPolicy}}},
		"spent": {edit: func(p *retry.Policy) { p.Budget = new(retry.Budget) }, errs: []error{errUnavailable}, want: []retry.Event{
			{Attempt: 1, Tried: true, Err: errUnavailable, Reason: retry.ReasonBudget},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx := t.Context()
				if tt.ctx != nil {
					var cancel context.CancelFunc
					ctx, cancel = tt.ctx(t)
					defer cancel()
				}
				var got []retry.Event
				p := policy()
				p.Items = 4
				p.Observer = func(_ context.Context, e retry.Event) { got = append(got, e) }
				if tt.edit != nil {
					tt.edit(&p)
				}
				fn, _ := failing(tt.errs...)
				_ = retry.Do(ctx, p, fn)
				for i := range tt.want {
					tt.want[i].Items = 4
				}
				if diff := cmp.Diff(tt.want, got, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("events (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestObserverSeesTheInterruptedDelay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		var got []retry.Event
		p := policy()
		p.Observer = func(_ context.Context, e retry.Event) { got = append(got, e) }
		_ = retry.Do(ctx, p, always(errUnavailable))
		want := []retry.Event{
			{Attempt: 1, Tried: true, Err: errUnavailable, Delay: 50 * time.Millisecond, Reason: retry.ReasonRetrying, Items: 1},
			{Attempt: 1, Err: errUnavailable, Reason: retry.ReasonCancelled, Items: 1},
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
	})
}

func TestObserverGetsTheCallersContext(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "run 7")
	p := policy()
	p.AttemptTimeout = time.Hour
	p.Observer = func(ctx context.Context, _ retry.Event) {
		if ctx.Value(key{}) != "run 7" || ctx.Err() != nil {
			t.Error("the observer gets another context")
		}
	}
	if err := retry.Do(ctx, p, always(nil)); err != nil {
		t.Fatal(err)
	}
}
