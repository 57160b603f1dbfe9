package idempotency

// Observer receives how many records of an operation or a batch had an outcome,
// once for each outcome: the increment of a counter such as
// aecode_idempotency_total{outcome}. It is called in the goroutine of the operation
// and must be safe for concurrent use.
type Observer func(outcome string, records int)

// The outcomes that an Observer receives.
const (
	OutcomeAcquired    = "acquired"
	OutcomeReplay      = "replay"
	OutcomeInFlight    = "in_flight"
	OutcomeMismatch    = "mismatch"
	OutcomeCompleted   = "completed"
	OutcomeExtended    = "extended"
	OutcomeReleased    = "released"
	OutcomeNotOwner    = "not_owner"
	OutcomeLeaseLost   = "lease_lost"
	OutcomeConflict    = "conflict"
	OutcomeInvalid     = "invalid"
	OutcomeUnavailable = "unavailable"
)

// tally counts the outcomes of one batch, so that the observer is called once per
// outcome and not once per record.
type tally struct {
	names  [4]string
	counts [4]int
	more   map[string]int
}

func (t *tally) add(outcome string) {
	for i := range t.names {
		if t.names[i] == outcome || t.names[i] == "" {
			t.names[i] = outcome
			t.counts[i]++
			return
		}
	}
	if t.more == nil {
		t.more = make(map[string]int)
	}
	t.more[outcome]++
}

func (t *tally) report(observe Observer) {
	if observe == nil {
		return
	}
	for i, name := range t.names {
		if name != "" {
			observe(name, t.counts[i])
		}
	}
	for name, n := range t.more {
		observe(name, n)
	}
}
