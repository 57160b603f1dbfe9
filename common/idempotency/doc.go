// Package idempotency remembers in Redis which pieces of work are in flight
// and which are done, so that a repeated request gets the first answer instead
// of doing the work again.
//
// A piece of work has a key and a fingerprint of its payload, both fixed once
// before the first try. [Store.Claim] answers Acquired (do the work), Replay
// (it is done, here is the stored result), InFlight (someone holds it) or
// Mismatch (the key belongs to another payload). The holder then calls
// [Store.Complete] with the result, [Store.Release] after a transient failure,
// or [Store.Extend] while it still works. All three act only for the owner
// token that made the claim. A holder that dies is covered by the lease, which
// runs on the Redis server's clock: when it ends, the record is gone and the
// next claim acquires it.
//
// # Guarantees and their limit
//
// Every operation is one atomic script on its key, and repeating an operation
// with the same owner is harmless: a repeated Claim is Acquired again with a
// fresh lease, a repeated Complete succeeds. So a caller may retry any
// operation whose reply was lost, with the same owner token.
//
// Redis may lose everything at any moment. A record is therefore a fast answer
// and a guard against simultaneous work, never the proof that work was done:
// behind every effect must stand the database's own unique index and owner
// check, and a replay is to be checked against the database. When Redis does
// not answer, every operation fails with [ErrUnavailable]; nothing is ever
// assumed to be free.
//
// # Record
//
// One Redis string per key, prefix{tag}key, always with an expiry:
//
//	state ('P' in progress, 'D' done) | owner, 12 bytes | fingerprint, 16 bytes | result
//
// Owner and fingerprint are the beginnings of their SHA-256: with a result of up
// to 15 bytes Redis keeps such a value in one piece of memory. (Measured: a
// completed record of the nightly run takes 225 bytes, with owner and
// fingerprint written out 273.) A done record keeps the owner, so that a
// repeated Complete is recognised, and the fingerprint, so that a changed
// payload is still refused after completion.
//
// # Batches and Redis Cluster
//
// A batch runs as one pipeline of at most four scripts, each over all keys of
// one hash tag: one round trip per node, also in a cluster. Scripts over many
// keys are what makes the embedded Redis fast enough: measured there, one
// script per key costs about 300 us of CPU a record, one script over 125 keys
// about 15 us, and spreading 500 keys over 64 tags about 45 us.
package idempotency
