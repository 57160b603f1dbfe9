package retry

import "time"

// Event tells an observer what Do has decided. It is called after every try,
// and once more where a call ends without one: refused before the first try,
// or interrupted in a delay. So exactly one event of each call is final
// (Reason.Final), and the events with Tried count the tries.
type Event struct {
	// Attempt is the number of tries made so far; after a try, its number,
	// counted from 1.
	Attempt int
	// Tried is true when a try has just ended.
	Tried bool
	// Err is what the try returned, nil on success. Without a try it is the
	// last error before, nil if there was none.
	Err error
	// Delay is the wait before the next try; 0 when there is none.
	Delay time.Duration
	// Reason is the decision.
	Reason Reason
	// Items is the weight of the call (Policy.Items), at least 1.
	Items int
}
