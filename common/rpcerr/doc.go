// Package rpcerr makes and reads the gRPC errors that aecode's services answer
// with: statuses whose details tell a client what to do.
//
//   - InvalidField: InvalidArgument, with the field in google.rpc.BadRequest.
//   - FromClaim, FromIdempotency: what an idempotency key ended in.
//   - WithReason, Reason: a reason that a program reads, in google.rpc.ErrorInfo.
//     The reasons themselves are declared beside the .proto file of the service
//     that gives them.
//
// No error of this package holds a verbatim, a key or an address.
package rpcerr
