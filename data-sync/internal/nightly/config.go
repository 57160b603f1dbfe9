package nightly

import (
	"time"

	"aecode/common/configerr"
)

// Config is what an engine does at once, and how long it waits for what.
type Config struct {
	// TimeZone of business dates, an IANA name such as Europe/Berlin.
	TimeZone string `json:",default=UTC"`
	// Workers is the maximum number of chunks that this process works on at once: 1
	// to 64.
	Workers int `json:",default=2"`
	// ChunkSize is the number of reports in a chunk of a new pass: 1 to 5000.
	ChunkSize int `json:",default=500"`
	// ChunkLease is how long a chunk is ours without renewal: 1s to 10m. It is
	// renewed every third of it.
	ChunkLease time.Duration `json:",default=15s"`
	// Deadline is how long a pass may take before it ends PARTIAL: 1s to 7 days.
	Deadline time.Duration `json:",default=4h"`
	// OutageBudget is how long a pass may be paused before it ends PARTIAL: 1s to 7
	// days.
	OutageBudget time.Duration `json:",default=15m"`
	// Poll is how often open passes are looked for while there is one: 10ms to 1m.
	// While there is none, it is 2s, or Poll if that is longer.
	Poll time.Duration `json:",default=500ms"`
	// Grace is how long Run goes on with the chunks that it holds after it is told to
	// stop: 1ms to 10m. What is unfinished then is committed as far as it came
	// and given back, within CommitOverall and 2s.
	Grace time.Duration `json:",default=5s"`
}

// longestPass is the upper bound of a pass's deadline and its outage budget.
const longestPass = 7 * 24 * time.Hour

// Validate returns every field that cannot be used, each as a configerr.FieldError.
func (c Config) Validate() error {
	var errs configerr.Errors
	if _, err := time.LoadLocation(c.TimeZone); err != nil {
		errs.Addf("TimeZone", "must be an IANA time zone such as Europe/Berlin: %v", err)
	}
	errs.Count("Workers", c.Workers, 1, 64)
	errs.Count("ChunkSize", c.ChunkSize, 1, 5000)
	errs.Span("ChunkLease", c.ChunkLease, time.Second, 10*time.Minute)
	errs.Span("Deadline", c.Deadline, time.Second, longestPass)
	errs.Span("OutageBudget", c.OutageBudget, time.Second, longestPass)
	errs.Span("Poll", c.Poll, 10*time.Millisecond, time.Minute)
	errs.Span("Grace", c.Grace, time.Millisecond, 10*time.Minute)
	return errs.Err()
}
