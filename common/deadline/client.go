package deadline

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// MissingError reports a call that was refused because its context has no
// deadline. Its gRPC code is Internal: the calling program has a bug, and a retry
// does not help.
type MissingError struct {
	// Method is the full name of the gRPC method, such as
	// /aecode.terminology.v1.Terminology/EncodeTerm.
	Method string
}

// Error names the method and says how to set a deadline.
func (e *MissingError) Error() string {
	return fmt.Sprintf("call of %s refused: its context has no deadline; set one with context.WithTimeout or a retry policy's AttemptTimeout", e.Method)
}

// GRPCStatus returns a status with the code Internal.
func (e *MissingError) GRPCStatus() *status.Status {
	return status.New(codes.Internal, e.Error())
}

// require returns a MissingError if ctx has no deadline.
func require(ctx context.Context, method string) error {
	if _, ok := ctx.Deadline(); !ok {
		return &MissingError{Method: method}
	}
	return nil
}

// UnaryClientInterceptor refuses every unary call without a deadline. The error
// is a [*MissingError], and nothing is sent. No method is exempt, not even health
// checks. Install it after the interceptors that set a deadline.
func UnaryClientInterceptor() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if err := require(ctx, method); err != nil {
			return err
		}
		return invoker(ctx, method, req, reply, cc, opts...)
	}
}

// StreamClientInterceptor refuses every stream without a deadline. The error is a
// [*MissingError], and nothing is sent. No method is exempt: a caller that
// watches for long opens a new stream each time the deadline has passed.
func StreamClientInterceptor() grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		if err := require(ctx, method); err != nil {
			return nil, err
		}
		return streamer(ctx, desc, cc, method, opts...)
	}
}
