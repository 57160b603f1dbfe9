package retry_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
)

func ExampleDo() {
	ctx := context.Background()
	calls := 0
	err := retry.Do(ctx, retry.Config{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second}, func(ctx context.Context) error {
		if calls++; calls == 1 {
			return status.Error(codes.Unavailable, "connection refused")
		}
		return nil
	})
	fmt.Println(calls, err)
	// Output: 2 <nil>
}

func ExampleDo_failure() {
	err := retry.Do(context.Background(), retry.Config{Attempts: 3, Delay: time.Millisecond, MaxDelay: time.Millisecond},
		func(ctx context.Context) error {
			return status.Error(codes.InvalidArgument, "term is empty")
		})
	var failure *retry.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Reason, failure.Attempts, status.Code(err))
	}
	// Output: not_retryable 1 InvalidArgument
}

func ExampleDoValue() {
	policy := retry.Policy{
		MaxAttempts:    3,
		AttemptTimeout: 300 * time.Millisecond,
		Backoff:        retry.Backoff{Base: 100 * time.Millisecond, Cap: time.Second},
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	code, err := retry.DoValue(ctx, policy, func(ctx context.Context) (string, error) {
		return "10019211", nil // a gRPC call under ctx
	})
	fmt.Println(code, err)
	// Output: 10019211 <nil>
}

func ExampleConfig_Policy() {
	policy := retry.Config{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second}.Policy()
	policy.AttemptTimeout = 300 * time.Millisecond
	fmt.Println(policy.MaxAttempts, policy.Backoff.Bound(0), policy.Backoff.Bound(9))
	// Output: 3 100ms 1s
}

func ExampleConfig_Validate() {
	fmt.Println(retry.Config{Delay: time.Second, MaxDelay: time.Millisecond}.Validate())
	// Output:
	// Attempts 0 would never run the call: give at least 1
	// MaxDelay 1ms is less than Delay 1s
}

func ExampleBudget() {
	// Retries for 10 % of all items; made once, shared by all calls of a client.
	budget, err := retry.NewBudget(0.1, 0, retry.DefaultBudgetTTL)
	if err != nil {
		fmt.Println(err)
		return
	}
	policy := retry.Config{Attempts: 3, Delay: time.Millisecond, MaxDelay: time.Millisecond}.Policy()
	policy.Budget = budget
	policy.Items = 20 // a batch of 20 terms

	retries, refused := 0, 0
	policy.Observer = func(_ context.Context, e retry.Event) {
		switch e.Reason {
		case retry.ReasonRetrying:
			retries++
		case retry.ReasonBudget:
			refused++
		}
	}
	for range 50 {
		_ = retry.Do(context.Background(), policy, func(context.Context) error {
			return status.Error(codes.Unavailable, "down")
		})
	}
	fmt.Println(retries <= 5, refused >= 45)
	// Output: true true
}

func ExampleEvent() {
	policy := retry.Config{Attempts: 3, Delay: time.Millisecond, MaxDelay: time.Millisecond}.Policy()
	counts := map[string]int{} // a counter with a label, in a service
	policy.Observer = func(_ context.Context, e retry.Event) { counts[e.Reason.String()]++ }
	calls := 0
	_ = retry.Do(context.Background(), policy, func(context.Context) error {
		if calls++; calls < 3 {
			return status.Error(codes.Unavailable, "down")
		}
		return nil
	})
	fmt.Println(counts)
	// Output: map[retrying:2 succeeded:1]
}

func ExampleWithTrailer() {
	call := func(ctx context.Context) error {
		// _, err := client.EncodeTerm(ctx, req, grpc.Trailer(&trailer))
		trailer := metadata.Pairs(retry.PushbackKey, "-1")
		return retry.WithTrailer(status.Error(codes.Unavailable, "shutting down"), trailer)
	}
	err := retry.Do(context.Background(), retry.Config{Attempts: 3, Delay: time.Second, MaxDelay: time.Second}, call)
	fmt.Println(err)
	// Output: retry: pushback after 1 attempt: the server asked not to be called again; last error: rpc error: code = Unavailable desc = shutting down
}

func ExampleClassify() {
	errLocked := errors.New("database is locked")
	policy := retry.Config{Attempts: 3, Delay: time.Millisecond, MaxDelay: time.Millisecond}.Policy()
	policy.Classify = func(err error) retry.Class {
		if errors.Is(err, errLocked) {
			return retry.Transient
		}
		return retry.Classify(err)
	}
	calls := 0
	err := retry.Do(context.Background(), policy, func(context.Context) error {
		if calls++; calls == 1 {
			return errLocked
		}
		return nil
	})
	fmt.Println(calls, err)
	// Output: 2 <nil>
}
