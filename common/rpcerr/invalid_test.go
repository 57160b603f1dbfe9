package rpcerr_test

import (
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/rpcerr"
)

func TestFieldNamesTheFieldInTheDetails(t *testing.T) {
	st := status.Convert(rpcerr.InvalidField("items[3].term", "is empty"))
	if st.Code() != codes.InvalidArgument {
		t.Fatalf("code = %v, want InvalidArgument", st.Code())
	}
	for _, d := range st.Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok {
			if got := bad.GetFieldViolations()[0].GetField(); got != "items[3].term" {
				t.Errorf("field = %q", got)
			}
			return
		}
	}
	t.Error("no BadRequest detail")
}
