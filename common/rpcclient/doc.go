// Package rpcclient has the dial options of the gRPC clients of both services and
// of syncctl. They say how a client finds replicas, leaves them and finds them
// again:
//
//   - One target can have several replicas: the addresses of a DNS name, which is
//     looked up every few seconds, or comma-separated addresses.
//   - A replica whose health is NOT_SERVING gets no calls.
//   - A refused connection is tried again within about a second; with gRPC's
//     defaults it can take two minutes. A name that cannot be looked up is looked
//     up again within a few seconds.
//   - A connection on which nothing comes back is closed after about a second of
//     timed-out calls; keepalive takes 12 seconds.
//   - A call without a deadline is refused.
//   - With TLS, a replica's certificate must have the host of the address or the
//     name that led to the replica.
//
// Retries are not part of it: the caller retries with common/retry.
package rpcclient
