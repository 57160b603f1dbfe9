package retry_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

func TestDoReturnsNilOnceATrySucceeds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		fn, calls := failing(errUnavailable, errUnavailable)
		if err := retry.Do(t.Context(), policy(), fn); err != nil {
			t.Fatal(err)
		}
		if *calls != 3 {
			t.Errorf("%d attempts, want 3", *calls)
		}
		wantElapsed(t, start, 150*time.Millisecond)
	})
}

func TestDoValueReturnsTheValueOfTheTryThatSucceeded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		calls := 0
		got, err := retry.DoValue(t.Context(), policy(), func(context.Context) (string, error) {
			if calls++; calls == 1 {
				return "half an answer", errUnavailable
			}
			return "10019211", nil
		})
		if err != nil || got != "10019211" {
			t.Errorf("DoValue = %q, %v", got, err)
		}
	})
}

func TestDoValueReturnsTheZeroValueWithAnError(t *testing.T) {
	got, err := retry.DoValue(t.Context(), policy(), func(context.Context) (string, error) {
		return "half an answer", errInvalid
	})
	if got != "" || err == nil {
		t.Errorf("DoValue = %q, %v, want no value and an error", got, err)
	}
}

func TestDoDoesNotSleepAfterTheLastTry(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		err := retry.Do(t.Context(), policy(), always(errUnavailable))
		e := wantFailure(t, err, retry.ReasonExhausted, 3)
		wantElapsed(t, start, 150*time.Millisecond) // 50 + 100, no third delay
		if !errors.Is(e.Last, errUnavailable) || e.Cause != nil {
			t.Errorf("Last = %v, Cause = %v", e.Last, e.Cause)
		}
	})
}

func TestDoWithOneAttemptNeedsNoBackoff(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		err := retry.Do(t.Context(), retry.Config{Attempts: 1}, always(errUnavailable))
		wantFailure(t, err, retry.ReasonExhausted, 1)
		wantElapsed(t, start, 0)
	})
}

func TestDoStopsAtAnErrorThatAnotherTryCannotCure(t *testing.T) {
	bubble(t, func(t *testing.T) {
		start := time.Now()
		fn, calls := failing(errUnavailable, errInvalid)
		err := retry.Do(t.Context(), policy(), fn)
		wantFailure(t, err, retry.ReasonNotRetryable, 2)
		if !errors.Is(err, errInvalid) || status.Code(err) != codes.InvalidArgument {
			t.Errorf("error = %v, want it to be InvalidArgument", err)
		}
		if *calls != 2 {
			t.Errorf("%d attempts, want 2", *calls)
		}
		wantElapsed(t, start, 50*time.Millisecond)
	})
}

func TestDoStopsAtAPermanentErrorOfTheLastTryAsNotRetryable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fn, _ := failing(errUnavailable, errUnavailable, errInvalid)
		wantFailure(t, retry.Do(t.Context(), policy(), fn), retry.ReasonNotRetryable, 3)
	})
}

func TestDoPassesTheCallersContextWhenTriesHaveNoTimeout(t *testing.T) {
	type key struct{}
	parent := context.WithValue(t.Context(), key{}, "run 7")
	err := retry.Do(parent, policy(), func(ctx context.Context) error {
		if ctx != parent {
			t.Error("the attempt runs under another context")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDoUsesTheClassificationOfThePolicy(t *testing.T) {
	errBusy := errors.New("database is locked")
	bubble(t, func(t *testing.T) {
		p := policy()
		p.Classify = func(err error) retry.Class {
			if errors.Is(err, errBusy) {
				return retry.Transient
			}
			return retry.Classify(err)
		}
		fn, calls := failing(errBusy, errUnavailable)
		if err := retry.Do(t.Context(), p, fn); err != nil || *calls != 3 {
			t.Errorf("error %v after %d attempts, want success at the third", err, *calls)
		}
		p.Classify = func(error) retry.Class { return retry.Permanent }
		wantFailure(t, retry.Do(t.Context(), p, always(errUnavailable)), retry.ReasonNotRetryable, 1)
		p.Classify = func(error) retry.Class { return 99 }
		wantFailure(t, retry.Do(t.Context(), p, always(errUnavailable)), retry.ReasonNotRetryable, 1)
	})
}

func TestDoRefusesAnInvalidPolicyBeforeTheFunctionRuns(t *testing.T) {
	backoff := retry.Backoff{Base: time.Millisecond, Cap: time.Second}
	policies := map[string]struct {
		policy retry.Policy
		names  []string // of the fields in the error
	}{
		"zero policy":              {retry.Policy{}, []string{"MaxAttempts 0"}},
		"negative attempts":        {retry.Policy{MaxAttempts: -1, Backoff: backoff}, []string{"MaxAttempts -1"}},
		"negative attempt timeout": {retry.Policy{MaxAttempts: 1, AttemptTimeout: -1}, []string{"AttemptTimeout -1ns"}},
		"negative base":            {retry.Policy{MaxAttempts: 2, Backoff: retry.Backoff{Base: -1, Cap: 1}}, []string{"Backoff.Base -1ns"}},
		"negative cap":             {retry.Policy{MaxAttempts: 2, Backoff: retry.Backoff{Base: 1, Cap: -1}}, []string{"Backoff.Cap -1ns"}},
		"cap below base":           {retry.Policy{MaxAttempts: 2, Backoff: retry.Backoff{Base: 2, Cap: 1}}, []string{"Backoff.Cap 1ns", "Backoff.Base 2ns"}},
		"no backoff for retries":   {retry.Policy{MaxAttempts: 2}, []string{"Backoff.Base"}},
		"negative items":           {retry.Policy{MaxAttempts: 1, Items: -256}, []string{"Items -256"}},
		"several faults": {retry.Policy{AttemptTimeout: -1, Items: -1, Backoff: retry.Backoff{Base: -1}},
			[]string{"MaxAttempts", "AttemptTimeout", "Items", "Backoff.Base"}},
	}
	for name, tt := range policies {
		t.Run(name, func(t *testing.T) { refused(t, tt.policy, tt.policy.Validate(), tt.names) })
	}
	configs := map[string]struct {
		config retry.Config
		names  []string
	}{
		"zero config":       {retry.Config{}, []string{"Attempts 0"}},
		"zero attempts":     {retry.Config{Delay: 1, MaxDelay: 1}, []string{"Attempts 0"}},
		"negative attempts": {retry.Config{Attempts: -3, Delay: 1, MaxDelay: 1}, []string{"Attempts -3"}},
		"negative delay":    {retry.Config{Attempts: 3, Delay: -1, MaxDelay: 1}, []string{"Delay -1ns"}},
		"cap below delay":   {retry.Config{Attempts: 3, Delay: time.Second}, []string{"MaxDelay 0s", "Delay 1s"}},
		"no delay":          {retry.Config{Attempts: 3}, []string{"Delay is 0"}},
	}
	for name, tt := range configs {
		t.Run("config/"+name, func(t *testing.T) { refused(t, tt.config, tt.config.Validate(), tt.names) })
	}
}

func refused[P retry.Policy | retry.Config](t *testing.T, p P, invalid error, names []string) {
	t.Helper()
	if invalid == nil {
		t.Fatal("Validate = nil")
	}
	err := retry.Do(t.Context(), p, func(context.Context) error {
		t.Error("the function ran")
		return nil
	})
	e := wantFailure(t, err, retry.ReasonInvalidPolicy, 0)
	if e.Last != nil || status.Code(err) != codes.Internal {
		t.Errorf("Last = %v, code %v, want none and Internal", e.Last, status.Code(err))
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("error %q does not name %q", err, name)
		}
	}
	v, err := retry.DoValue(t.Context(), p, func(context.Context) (int, error) { return 1, nil })
	if v != 0 {
		t.Errorf("DoValue = %d, want no value", v)
	}
	wantFailure(t, err, retry.ReasonInvalidPolicy, 0)
}

func TestDoRefusesANilFunction(t *testing.T) {
	wantFailure(t, retry.Do(t.Context(), policy(), nil), retry.ReasonInvalidPolicy, 0)
	_, err := retry.DoValue[int](t.Context(), policy(), nil)
	wantFailure(t, err, retry.ReasonInvalidPolicy, 0)
}

func TestDoIsAskedWithAConfigAndWithAPolicy(t *testing.T) {
	c := retry.Config{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second}
	want := retry.Policy{MaxAttempts: 3, Backoff: retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second}}
	if diff := cmp.Diff(want.Backoff, c.Policy().Backoff); diff != "" || c.Policy().MaxAttempts != 3 {
		t.Errorf("Config.Policy = %+v, want %+v", c.Policy(), want)
	}
	bubble(t, func(t *testing.T) {
		for _, do := range []func(func(context.Context) error) error{
			func(fn func(context.Context) error) error { return retry.Do(t.Context(), c, fn) },
			func(fn func(context.Context) error) error { return retry.Do(t.Context(), c.Policy(), fn) },
		} {
			fn, calls := failing(errUnavailable)
			if err := do(fn); err != nil || *calls != 2 {
				t.Errorf("error %v after %d attempts, want success at the second", err, *calls)
			}
		}
	})
}

func TestDoLetsAPanicThroughAndEndsTheTrysContext(t *testing.T) {
	p := policy()
	p.AttemptTimeout = time.Hour
	var seen context.Context
	defer func() {
		if recover() != "a bug" {
			t.Error("the panic did not reach the caller")
		}
		if seen.Err() == nil {
			t.Error("the context of the attempt lives on")
		}
	}()
	_ = retry.Do(t.Context(), p, func(ctx context.Context) error {
		seen = ctx
		panic("a bug")
	})
}
