// Package rpcclient holds what the gRPC clients of both services and of syncctl
// have in common: how replicas are found, left and found again.
//
//   - Several replicas behind one target: a DNS name, looked up again every few
//     seconds, or addresses parted by commas.
//   - A replica whose health is NOT_SERVING gets no call.
//   - A connection that is refused is tried again within a second, not after
//     gRPC's two minutes; so is a name that cannot be looked up.
//   - A connection that swallows what is sent is given up after about a second
//     of timed-out calls, not after keepalive's twelve.
//   - A call without a deadline is refused.
//   - With TLS each replica's certificate is held against the host of the address
//     that led to it.
//
// Retries are the caller's, through common/retry.
package rpcclient
