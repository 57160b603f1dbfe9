package retry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

func TestDoGivesEachTryItsOwnTimeout(t *testing.T) {
	forms := map[string]func(ctx context.Context) error{
		"raw":         func(ctx context.Context) error { return ctx.Err() },
		"wrapped raw": func(ctx context.Context) error { return fmt.Errorf("encode: %w", ctx.Err()) },
		"status":      func(ctx context.Context) error { return status.FromContextError(ctx.Err()).Err() },
		"cancelled by the server that saw our deadline first": func(context.Context) error {
			return status.Error(codes.Canceled, "stream reset")
		},
		"raw cancel of a driver": func(context.Context) error { return context.Canceled },
		"I/O timeout":            func(context.Context) error { return fmt.Errorf("read: %w", os.ErrDeadlineExceeded) },
		"timeout of package net": func(context.Context) error { return netTimeoutError{} },
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				p := policy()
				p.AttemptTimeout = 300 * time.Millisecond
				start := time.Now()
				var began []time.Duration
				err := retry.Do(t.Context(), p, func(ctx context.Context) error {
					began = append(began, time.Since(start))
					<-ctx.Done()
					return form(ctx)
				})
				e := wantFailure(t, err, retry.ReasonExhausted, 3)
				if e.Cause != nil {
					t.Errorf("Cause = %v, want none", e.Cause)
				}
				want := []time.Duration{0, 350 * time.Millisecond, 750 * time.Millisecond}
				for i := range want {
					if began[i] != want[i] {
						t.Errorf("attempts began at %v, want %v", began, want)
						break
					}
				}
				wantElapsed(t, start, 1050*time.Millisecond)
			})
		})
	}
}

type netTimeoutError struct{}

func (netTimeoutError) Error() string   { return "i/o timeout" }
func (netTimeoutError) Timeout() bool   { return true }
func (netTimeoutError) Temporary() bool { return true }

func TestDoDoesNotTakeACancelForATimeoutWhileTheTryLives(t *testing.T) {
	for _, err := range []error{context.Canceled, status.Error(codes.Canceled, ""), os.ErrDeadlineExceeded, netTimeoutError{}} {
		p := policy()
		p.AttemptTimeout = time.Hour
		wantFailure(t, retry.Do(t.Context(), p, always(err)), retry.ReasonNotRetryable, 1)
	}
}

func TestDoShowsAnExpiredTryToClassifyAsDeadlineExceeded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		p.Classify = func(err error) retry.Class {
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Classify is shown %v", err)
			}
			return retry.Permanent // a write that must not be repeated
		}
		err := retry.Do(t.Context(), p, func(ctx context.Context) error {
			<-ctx.Done()
			return status.Error(codes.Canceled, "")
		})
		if e := wantFailure(t, err, retry.ReasonNotRetryable, 1); status.Code(e.Last) != codes.Canceled {
			t.Errorf("Last = %v, want what the call returned", e.Last)
		}
	})
}

func TestDoKeepsAResultThatCameAfterTheTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		got, err := retry.DoValue(t.Context(), p, func(context.Context) (int, error) {
			time.Sleep(time.Second)
			return 7, nil
		})
		if got != 7 || err != nil {
			t.Errorf("DoValue = %d, %v", got, err)
		}
	})
}

func TestDoDoesNotStartUnderADoneContext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cancelled := func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(parent)
			cancel()
			return ctx, cancel
		}
		expired := func(parent context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(parent, 0)
		}
		for _, tt := range []struct {
			done   func(context.Context) (context.Context, context.CancelFunc)
			reason retry.Reason
			is     error
			code   codes.Code
		}{
			{cancelled, retry.ReasonCancelled, context.Canceled, codes.Canceled},
			{expired, retry.ReasonDeadline, context.DeadlineExceeded, codes.DeadlineExceeded},
		} {
			ctx, cancel := tt.done(t.Context())
			defer cancel()
			err := retry.Do(ctx, policy(), func(context.Context) error {
				t.Error("the function ran")
				return nil
			})
			e := wantFailure(t, err, tt.reason, 0)
			if e.Last != nil || !errors.Is(err, tt.is) || status.Code(err) != tt.code {
				t.Errorf("error = %v, code %v, Last %v", err, status.Code(err), e.Last)
			}
		}
	})
}

func TestDoStopsWhenTheParentIsDoneAndKeepsTheLastRealError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		start := time.Now()
		calls := 0
		err := retry.Do(ctx, p, func(ctx context.Context) error {
			if calls++; calls == 1 {
				time.Sleep(250 * time.Millisecond)
				return errUnavailable
			}
			<-ctx.Done()
			return ctx.Err()
		})
		e := wantFailure(t, err, retry.ReasonDeadline, 2)
		wantElapsed(t, start, 500*time.Millisecond)
		if !errors.Is(e.Last, errUnavailable) {
			t.Errorf("Last = %v, want the error of the first attempt", e.Last)
		}
		if !errors.Is(err, context.DeadlineExceeded) || status.Code(err) != codes.Unavailable {
			t.Errorf("error = %v: want it to be DeadlineExceeded by errors.Is and Unavailable by status", err)
		}
	})
}

func TestDoKeepsTheFirstErrorThoughItIsAContextError(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		p := policy()
		p.AttemptTimeout = 300 * time.Millisecond
		own := status.Error(codes.DeadlineExceeded, "from the call")
		err := retry.Do(ctx, p, func(ctx context.Context) error {
			<-ctx.Done()
			return own
		})
		if e := wantFailure(t, err, retry.ReasonDeadline, 1); !errors.Is(e.Last, own) {
			t.Errorf("Last = %v", e.Last)
		}
	})
}

func TestDoKeepsARealErrorThatArrivesWithTheEndOfTheParent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		real := status.Error(codes.Internal, "broken")
		fn := func(context.Context) error {
			cancel()
			return real
		}
		if e := wantFailure(t, retry.Do(ctx, policy(), fn), retry.ReasonCancelled, 1); !errors.Is(e.Last, real) {
			t.Errorf("Last = %v", e.Last)
		}
	})
}

func TestDoReturnsAtOnceWhenCancelledDuringADelay(t *testing.T) {
	errShutdown := errors.New("shutting down")
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(20*time.Millisecond, func() { cancel(errShutdown) })
		start := time.Now()
		fn, calls := failing(errUnavailable)
		err := retry.Do(ctx, policy(), fn)
		e := wantFailure(t, err, retry.ReasonCancelled, 1)
		wantElapsed(t, start, 20*time.Millisecond)
		if *calls != 1 || !errors.Is(e.Last, errUnavailable) {
			t.Errorf("%d attempts, Last = %v", *calls, e.Last)
		}
		if !errors.Is(err, context.Canceled) || !errors.Is(err, errShutdown) {
			t.Errorf("error %v hides the context's error or its cause", err)
		}
	})
}

func TestDoGivesUpWhenTheNextSleepWouldPassTheDeadline(t *testing.T) {
	for _, tt := range []struct {
		left  time.Duration
		tries int
	}{
		{49 * time.Millisecond, 1},
		{50 * time.Millisecond, 1}, // nothing would be left for the attempt
		{51 * time.Millisecond, 2},
		{150 * time.Millisecond, 2},
		{151 * time.Millisecond, 3},
	} {
		t.Run(tt.left.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.left)
				defer cancel()
				p := policy()
				p.MaxAttempts = 10
				start := time.Now()
				err := retry.Do(ctx, p, always(errUnavailable))
				e := wantFailure(t, err, retry.ReasonDeadline, tt.tries)
				if ctx.Err() != nil {
					t.Error("Do slept into the deadline")
				}
				wantElapsed(t, start, []time.Duration{0, 0, 50 * time.Millisecond, 150 * time.Millisecond}[tt.tries])
				if !errors.Is(e.Last, errUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Last = %v, error = %v", e.Last, err)
				}
			})
		})
	}
}

func TestDoGivesUpWhenTheServersDelayWouldPassTheDeadline(t *testing.T) {
	for name, err := range map[string]error{
		"RetryInfo":                   retryAfter(codes.ResourceExhausted, 2*time.Second),
		"pushback":                    retry.WithPushback(errUnavailable, 2*time.Second),
		"pushback beyond a Duration":  retry.WithTrailer(errUnavailable, trailer("9223372036854775807")),
		"RetryInfo beyond a Duration": retryAfter(codes.Unavailable, math.MaxInt64),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				start := time.Now()
				wantFailure(t, retry.Do(ctx, policy(), always(err)), retry.ReasonDeadline, 1)
				wantElapsed(t, start, 0)
			})
		})
	}
}
