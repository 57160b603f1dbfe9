// Package rpcerr makes and reads the gRPC errors that aecode's services answer
// with: statuses whose details tell a client what to do.
//
//   - InvalidField: InvalidArgument, with the field in google.rpc.BadRequest.
//   - FromClaim, FromIdempotency: the answer to a request whose idempotency key
//     cannot be used now, or at all.
//   - WithReason, Reason: a reason that a program can read, in
//     google.rpc.ErrorInfo. The reasons are declared beside the .proto file of the
//     service that gives them.
//
// The texts of this package contain no verbatim, no idempotency key and no
// address. What callers pass to InvalidField and WithReason must not either.
package rpcerr
