package retry

// Reason is what Do decided after a try, and so why it ended.
type Reason uint8

// The reasons. Only ReasonRetrying does not end a call.
const (
	// ReasonSucceeded says that the try returned no error.
	ReasonSucceeded Reason = iota
	// ReasonRetrying says that the try failed and another one follows.
	ReasonRetrying
	// ReasonExhausted says that the last allowed try failed.
	ReasonExhausted
	// ReasonNotRetryable says that the error is not one that another try can cure.
	ReasonNotRetryable
	// ReasonDeadline says that the caller's deadline has passed, or would pass during
	// the delay before the next try.
	ReasonDeadline
	// ReasonCancelled says that the caller cancelled its context.
	ReasonCancelled
	// ReasonBudget says that the retry budget is spent.
	ReasonBudget
	// ReasonPushback says that the server asked not to be called again.
	ReasonPushback
	// ReasonInvalidPolicy says that the policy or the function cannot be used; nothing
	// ran.
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

// String returns the reason in snake_case, fit for a metric label.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// Final reports whether r ends a call.
func (r Reason) Final() bool { return r != ReasonRetrying }
