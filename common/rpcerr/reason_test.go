package rpcerr_test

import (
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/rpcerr"
)

func TestAReasonIsReadBackFromTheErrorOfItsDomainOnly(t *testing.T) {
	err := rpcerr.WithReason(codes.Unavailable, "terminology.example", "PIN_NOT_HELD", "release 29.0 is not held here")
	if st := status.Convert(err); st.Code() != codes.Unavailable || st.Message() != "release 29.0 is not held here" {
		t.Errorf("status %v", st)
	}
	for _, tt := range []struct {
		name   string
		err    error
		domain string
		want   string
	}{
		{"its domain", err, "terminology.example", "PIN_NOT_HELD"},
		{"wrapped", fmt.Errorf("encode: %w", err), "terminology.example", "PIN_NOT_HELD"},
		{"another domain", err, "datasync.example", ""},
		{"a status without details", status.Error(codes.Unavailable, "away"), "terminology.example", ""},
		{"no status", errors.New("broken"), "terminology.example", ""},
		{"no error", nil, "terminology.example", ""},
	} {
		if got := rpcerr.Reason(tt.err, tt.domain); got != tt.want {
			t.Errorf("%s: reason %q, want %q", tt.name, got, tt.want)
		}
	}
}
