// Package idempotency records in Redis which work is in flight and which is done,
// so that a repeated request gets the first answer instead of doing the work
// again.
//
// Each piece of work has a key and a fingerprint of its payload. Both are fixed
// once, before the first attempt. [Store.Claim] answers Acquired (do the work),
// Replay (the work is done, here is the stored result), InFlight (another owner
// does it) or Mismatch (the key was used with another payload). The owner of a
// claim then calls [Store.Complete] with the result, [Store.Release] after a
// transient failure, or [Store.Extend] while it still works. All three succeed only
// with the owner token of the claim. If an owner dies, its lease ends, on the clock
// of the Redis server. The record is then gone, and the next claim acquires it.
//
// # Guarantees and their limit
//
// Every operation is one atomic script on its key. Repeating an operation with the
// same owner is harmless: a repeated Claim is Acquired again with a new lease, and
// a repeated Complete succeeds. So a caller may retry any operation whose reply was
// lost, with the same owner token.
//
// Redis may lose everything at any moment. A record is therefore a fast answer
// and a protection against simultaneous work, never the proof that work was done.
// Every effect must also be protected by a unique index and an owner check in the
// database, and the caller of a replay must check the database. If Redis does not
// answer, every operation fails with [ErrUnavailable]: no key is assumed to be
// free.
//
// # Record
//
// A record is one Redis string with the key prefix{tag}key. It always has an
// expiry.
//
//	state ('P' in progress, 'D' done) | owner, 12 bytes | fingerprint, 16 bytes | result
//
// Owner and fingerprint are the first bytes of their SHA-256. With a result of up
// to 15 bytes Redis stores such a value in one allocation. (Measured: a completed
// record of the nightly run takes 225 bytes; with the whole owner and fingerprint
// it would take 273.) A done record keeps the owner, so that a repeated Complete is
// recognised, and the fingerprint, so that another payload is refused after
// completion too.
//
// # Batches and Redis Cluster
//
// A batch is one pipeline of at most four scripts. Each script handles all keys
// with one hash tag, so that a batch takes one round trip per node, also in a
// cluster. Scripts over many keys make the embedded Redis fast enough. Measured
// there, in CPU time per record: about 300 us with one script per key, about 15 us
// with one script per 125 keys, about 45 us with 500 keys spread over 64 tags.
package idempotency
