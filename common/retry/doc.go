// Package retry runs a call again if, and only if, that can help and does no
// harm.
//
// [Do] and [DoValue] take either a [Policy], which has all settings, or a
// [Config], which has the common ones. They promise:
//
//   - At most MaxAttempts attempts. A policy that allows none is an error, not a
//     success without a run.
//   - Each attempt may have a timeout of its own. If only the attempt has expired,
//     the call is retried. If the caller's context has ended, it is not.
//   - Only transient errors are retried: see [Classify].
//   - Between attempts there is a delay: a random time between zero and an
//     exponentially growing bound ("full jitter", see [Backoff]), or the delay that
//     the server asked for. There is no delay after the last attempt. If the delay
//     would reach the caller's deadline, the call ends at once, so that the caller
//     learns the outcome while it can still use it.
//   - A [Budget] that all calls of a client share limits the load that retries add
//     to a server in trouble. Do asks it before the delay. The first attempt is
//     free.
//   - Every failure is an [*Error]. It has the number of attempts, the reason why
//     there was no further attempt, and the last error of the call itself. A
//     context error never replaces that error.
//
// There are three independent layers: the caller's context has the deadline of
// the whole call, the policy has the timeout of an attempt, and the function has
// the business logic. Retry in one layer only, because nested retries multiply. A
// function that writes must be idempotent, with a key that is fixed before the
// first attempt.
//
// There is no clock to inject: tests use testing/synctest. Only the source of
// randomness can be replaced.
package retry
