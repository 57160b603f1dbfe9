package metrics

import (
	"aecode/common/idempotency"
	"aecode/common/retry"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// begin makes the series that are known beforehand: one that is there before its
// first event is one that is seen to rise from 0, by alerts as by rates. Of a
// label that has further values, those of most nights.
func (m *Metrics) begin() {
	for kind, labels := range map[run.Kind][]string{
		// What the machine codes by, and why it does not, are terminology's words.
		run.Coded: {"study_synonym", "sponsor_synonym", "exact", "folded"},
		run.Review: {"NO_SAFE_MATCH", "NOTHING_NEAR", "DO_NOT_AUTOCODE", "AMBIGUOUS", "NON_CURRENT", "UNSUPPORTED_LANGUAGE",
			string(report.Refused), string(report.Poison)},
		run.Left: {run.ClassUnavailable, run.ClassDeadline, run.ClassBudget, run.ClassInternal},
	} {
		for _, label := range labels {
			m.reports.WithLabelValues(string(kind), label)
		}
	}
	for _, code := range []string{"OK", run.ClassUnavailable, run.ClassDeadline, "RESOURCE_EXHAUSTED"} {
		m.attempts.WithLabelValues(code)
	}
	for _, reason := range []retry.Reason{retry.ReasonRetrying, retry.ReasonExhausted, retry.ReasonNotRetryable, retry.ReasonDeadline, retry.ReasonBudget} {
		m.retries.WithLabelValues(reason.String())
	}
	for _, dependency := range []string{"terminology", "idempotency", "database"} {
		m.outage.WithLabelValues(dependency)
	}
	for _, outcome := range []string{"done", "open", "late", "lost", "failed"} {
		m.chunks.WithLabelValues(outcome)
	}
	for _, outcome := range []string{
		idempotency.OutcomeAcquired, idempotency.OutcomeReplay, idempotency.OutcomeInFlight, idempotency.OutcomeCompleted,
		idempotency.OutcomeReleased, idempotency.OutcomeNotOwner, idempotency.OutcomeUnavailable,
	} {
		m.idempotency.WithLabelValues(outcome)
	}
}
