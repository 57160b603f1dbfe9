// Package retry runs a call again when, and only when, running it again can
// help and does no harm.
//
// [Do] and [DoValue] take either a [Policy], which says everything, or a
// [Config], its short form. What they promise:
//
//   - At most MaxAttempts tries. A policy that allows none is an error, never
//     a success that did not run.
//   - Each try may have a timeout of its own. When only the try has expired
//     the call is tried again; when the caller's context is done it is not.
//   - Only transient errors are retried: see [Classify].
//   - Between tries a delay drawn uniformly between zero and an exponentially
//     growing bound ("full jitter"), see [Backoff], or the delay that the
//     server asked for. There is none after the last try, and none that would
//     reach the caller's deadline: such a call ends at once, so that whoever
//     waits learns the outcome while it is still worth something.
//   - A [Budget] shared by all calls of a client bounds what retries may add
//     to the load of a callee in trouble. It is asked before the delay; the
//     first try is free.
//   - A failure is always an [*Error]: how many tries there were, why they
//     ended, and the last error that came from the call itself, which a
//     context error never replaces.
//
// The total deadline is the caller's context, the deadline of a try is the
// policy's, and the business logic is the function given: three layers that do
// not know each other. Retry in one layer only: nested retries multiply.
// A function that writes must be idempotent, with a key fixed before the first
// try.
//
// There is no clock to inject: testing/synctest covers time. Only the source
// of randomness can be replaced.
package retry
