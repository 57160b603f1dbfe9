package rpcerr

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// InvalidField returns an InvalidArgument error for one field, with the field and
// the description in its message and in google.rpc.BadRequest. The description
// must not quote the value of a field that can hold a verbatim.
func InvalidField(field, description string) error {
	return withDetail(status.New(codes.InvalidArgument, field+": "+description), &errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: description}},
	})
}
