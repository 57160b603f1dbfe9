package rpcerr

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/idempotency"
	"aecode/common/redisconn/rediserr"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryAnswerHasItsStatus(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("idempotency claim zzsentinelzz: %w", err) }
	for _, tc := range []struct {
		name  string
		claim idempotency.Claim
		want  codes.Code
	}{
		{"acquired", idempotency.Claim{Outcome: idempotency.Acquired}, codes.OK},
		{"replay", idempotency.Claim{Outcome: idempotency.Replay}, codes.OK},
		{"in flight", idempotency.Claim{Outcome: idempotency.InFlight}, codes.Aborted},
		{"mismatch", idempotency.Claim{Outcome: idempotency.Mismatch}, codes.FailedPrecondition},
		{"missing key", idempotency.Claim{Err: wrap(idempotency.ErrInvalid)}, codes.InvalidArgument},
		{"redis away", idempotency.Claim{Err: wrap(idempotency.ErrUnavailable)}, codes.Unavailable},
		{"redis refuses", idempotency.Claim{Err: errors.Join(idempotency.ErrUnavailable, rediserr.ErrRefused)}, codes.Internal},
		{"lease lost", idempotency.Claim{Err: wrap(idempotency.ErrLeaseLost)}, codes.Aborted},
		{"corrupt", idempotency.Claim{Err: wrap(idempotency.ErrCorrupt)}, codes.Internal},
		{"cancelled", idempotency.Claim{Err: wrap(context.Canceled)}, codes.Canceled},
		{"deadline", idempotency.Claim{Err: wrap(context.DeadlineExceeded)}, codes.DeadlineExceeded},
		{"redis away by its own deadline", idempotency.Claim{Err: errors.Join(idempotency.ErrUnavailable, context.DeadlineExceeded)}, codes.Unavailable},
		{"no answer", idempotency.Claim{}, codes.Internal},
	} {
		err := FromClaim(tc.claim, 0)
		if got := status.Code(err); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), "zzsentinelzz") {
			t.Errorf("%s: the client is told %q", tc.name, err)
		}
	}
	if err := FromIdempotency(nil); err != nil {
		t.Errorf("nil became %v", err)
	}
}

func TestDetailsTellTheClientWhatToDo(t *testing.T) {
	st := status.Convert(FromClaim(idempotency.Claim{Outcome: idempotency.InFlight}, 250*time.Millisecond))
	if len(st.Details()) != 1 {
		t.Fatalf("details %v", st.Details())
	}
	if info, ok := st.Details()[0].(*errdetails.RetryInfo); !ok || info.GetRetryDelay().AsDuration() != 250*time.Millisecond {
		t.Errorf("retry info %v", st.Details()[0])
	}
	st = status.Convert(FromIdempotency(idempotency.ErrInvalid))
	if len(st.Details()) != 1 {
		t.Fatalf("details %v", st.Details())
	}
	bad, ok := st.Details()[0].(*errdetails.BadRequest)
	if !ok || bad.GetFieldViolations()[0].GetField() != KeyMetadata {
		t.Errorf("bad request %v", st.Details()[0])
	}
}
