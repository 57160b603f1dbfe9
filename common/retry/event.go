package retry

import "time"

// Event is what Do passes to an observer. There is one event after every attempt,
// and one more if a call ends without an attempt: refused before the first one,
// or interrupted in a delay. So exactly one event of a call is final
// ([Reason.Final]), and the number of events with Tried is the number of attempts.
type Event struct {
	// Attempt is the number of attempts made so far. After an attempt it is the
	// number of that attempt, counted from 1.
	Attempt int
	// Tried is true if an attempt has just ended.
	Tried bool
	// Err is the error of the attempt, nil on success. Without an attempt it is the
	// error of the attempt before, nil if there was none.
	Err error
	// Delay is the wait before the next attempt, 0 if there is none.
	Delay time.Duration
	// Reason is what Do decided.
	Reason Reason
	// Items is the number of items of the call (Policy.Items), at least 1.
	Items int
}
