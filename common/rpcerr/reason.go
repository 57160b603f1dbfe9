package rpcerr

import (
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

// WithReason returns a gRPC error with the code and the message, and with the
// reason and its domain in google.rpc.ErrorInfo.
func WithReason(code codes.Code, domain, reason, message string) error {
	return withDetail(status.New(code, message), &errdetails.ErrorInfo{Domain: domain, Reason: reason})
}

// Reason returns the reason in the google.rpc.ErrorInfo of err that has the
// domain, or "" if err has none.
func Reason(err error, domain string) string {
	st, ok := status.FromError(err)
	if !ok {
		return ""
	}
	for _, detail := range st.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == domain {
			return info.GetReason()
		}
	}
	return ""
}

// withDetail returns the error of st with a detail. If the detail cannot be
// encoded, it returns the error without it.
func withDetail(st *status.Status, detail protoadapt.MessageV1) error {
	if rich, err := st.WithDetails(detail); err == nil {
		return rich.Err()
	}
	return st.Err()
}
