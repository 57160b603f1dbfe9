package retry

// Reason is what Do decided after an attempt: to retry, or why the call ends.
type Reason uint8

// The reasons. All of them but ReasonRetrying end a call.
const (
	// ReasonSucceeded means that the attempt returned no error.
	ReasonSucceeded Reason = iota
	// ReasonRetrying means that the attempt failed and another one follows.
	ReasonRetrying
	// ReasonExhausted means that the last allowed attempt failed.
	ReasonExhausted
	// ReasonNotRetryable means that a retry cannot help after this error.
	ReasonNotRetryable
	// ReasonDeadline means that the caller's deadline has passed, or would pass
	// during the delay before the next attempt.
	ReasonDeadline
	// ReasonCancelled means that the caller's context was cancelled.
	ReasonCancelled
	// ReasonBudget means that the retry budget is spent.
	ReasonBudget
	// ReasonPushback means that the server asked not to be called again.
	ReasonPushback
	// ReasonInvalidPolicy means that the policy or the function cannot be used.
	// Nothing ran.
	ReasonInvalidPolicy
)

var reasonNames = [...]string{
	ReasonSucceeded:     "succeeded",
	ReasonRetrying:      "retrying",
	ReasonExhausted:     "exhausted",
	ReasonNotRetryable:  "not_retryable",
	ReasonDeadline:      "deadline",
	ReasonCancelled:     "cancelled",
	ReasonBudget:        "budget",
	ReasonPushback:      "pushback",
	ReasonInvalidPolicy: "invalid_policy",
}

// String returns the reason in snake_case, for a metric label.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Final reports whether r ends a call.
func (r Reason) Final() bool { return r != ReasonRetrying }
