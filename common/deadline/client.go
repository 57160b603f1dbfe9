package deadline

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// MissingError reports a call that was refused because its context has no
// deadline. Its gRPC code is Internal: it is a fault of the calling program,
// which no other try cures.
type MissingError struct {
	// Method is the full gRPC method, such as
	// /terminology.Terminology/EncodeTerm.
	Method string
}

// Error names the method and says what to do.
func (e *MissingError) Error() string {
	return fmt.Sprintf("call of %s refused: its context has no deadline; set one with context.WithTimeout or a retry policy's AttemptTimeout", e.Method)
}

// GRPCStatus makes status.Code(err) Internal.
func (e *MissingError) GRPCStatus() *status.Status {
	return status.New(codes.Internal, e.Error())
}

func require(ctx context.Context, method string) error {
	if _, ok := ctx.Deadline(); !ok {
		return &MissingError{Method: method}
	}
	return nil
}

// UnaryClientInterceptor refuses every unary call without a deadline with a
// [*MissingError], without touching the network. No method is exempt, health
// checks included. Install it inside any interceptor that sets a deadline.
func UnaryClientInterceptor() grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoker grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if err := require(ctx, method); err != nil {
			return err
		}
		return invoker(ctx, method, req, reply, cc, opts...)
	}
}

// StreamClientInterceptor refuses every stream without a deadline with a
// [*MissingError], without touching the network. No method is exempt: a watch
// that should last is opened anew each time its deadline has passed.
func StreamClientInterceptor() grpc.StreamClientInterceptor {
	return func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, streamer grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
		if err := require(ctx, method); err != nil {
			return nil, err
		}
		return streamer(ctx, desc, cc, method, opts...)
	}
}
