// Package invalid makes InvalidArgument errors that name the fields at fault in
// google.rpc.BadRequest details.
package invalid

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Field returns an InvalidArgument error for one field. The description must
// not quote the field's value where that can be a verbatim.
func Field(field, description string) error {
	st := status.New(codes.InvalidArgument, field+": "+description)
	detailed, err := st.WithDetails(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: description}},
	})
	if err != nil {
		return st.Err()
	}
	return detailed.Err()
}
