package rpcserver

import (
	"context"
	"runtime/debug"

	"github.com/zeromicro/go-zero/core/logx"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// recoverUnary turns a panic into the code Internal. Neither the log nor the
// caller sees the value of the panic, which can hold a patient's words. The log
// has its type and the stack, which are enough to find the bug.
func recoverUnary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(ctx, info.FullMethod, v)
		}
	}()
	return handler(ctx, req)
}

// recoverStream is recoverUnary for streams.
func recoverStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked(stream.Context(), info.FullMethod, v)
		}
	}()
	return handler(srv, stream)
}

func panicked(ctx context.Context, method string, v any) error {
	logx.WithContext(ctx).Errorf("panic in %s, a value of type %T: please report this\n%s", method, v, debug.Stack())
	return status.Error(codes.Internal, "internal error, see the service's log")
}
