package nightly

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// Config bounds what an engine does at once and how long it bears with what.
type Config struct {
	// Workers is how many chunks this process works at once, 1 to 64.
	Workers int
	// ChunkSize is how many reports a chunk of a new pass holds, 1 to 5,000.
	ChunkSize int
	// ChunkLease is how long a chunk is ours without renewal, 300 ms to 10 min.
	// It is renewed every third of it.
	ChunkLease time.Duration
	// ChunkAttempts is from which attempt of a chunk on a transient failure is
	// recorded as LEFT instead of being tried once more, 1 to 100. Attempts that
	// were interrupted do not count.
	ChunkAttempts int
	// EncodeConcurrency is how many batches this process has at terminology at
	// once, over all chunks, 1 to 64.
	EncodeConcurrency int
	// BatchOverall bounds one batch with all its tries, 10 ms to 10 min.
	BatchOverall time.Duration
	// CommitOverall bounds the commit of a chunk with all its tries, 100 ms to
	// 10 min.
	CommitOverall time.Duration
	// RunDeadline is how long a pass may take, 1 s to 7 days.
	RunDeadline time.Duration
	// OutageBudget is how long a pass stays paused before it ends PARTIAL,
	// at least 1 s.
	OutageBudget time.Duration
	// Poll is how often open passes are looked for while there is one, 10 ms to
	// 1 min; IdlePoll while there is none, at least Poll.
	Poll, IdlePoll time.Duration
	// Grace is how long Run goes on with the chunks it holds once it is told to
	// stop, 0 to 10 min. What is unfinished then is committed as far as it came
	// and given back, within CommitOverall and 2 s.
	Grace time.Duration
	// Location is where the business date is read.
	Location *time.Location
	// Owner names this process in leases; empty: random. It is part of every
	// lease owner, to which each claim adds a random part of its own.
	Owner string
}

// Default gives the documented defaults.
func Default() Config {
	return Config{
		Workers:           4,
		ChunkSize:         500,
		ChunkLease:        15 * time.Second,
		ChunkAttempts:     5,
		EncodeConcurrency: 4,
		BatchOverall:      5 * time.Second,
		CommitOverall:     10 * time.Second,
		RunDeadline:       4 * time.Hour,
		OutageBudget:      15 * time.Minute,
		Poll:              500 * time.Millisecond,
		IdlePoll:          2 * time.Second,
		Grace:             10 * time.Second,
		Location:          time.UTC,
	}
}

// Validate names every field that cannot work.
func (c Config) Validate() error {
	var errs []error
	count := func(field string, n, least, most int) {
		if n < least || n > most {
			errs = append(errs, fmt.Errorf("%s %d: give %d to %d", field, n, least, most))
		}
	}
	span := func(field string, d, least, most time.Duration) {
		if d < least || d > most {
			errs = append(errs, fmt.Errorf("%s %v: give %v to %v", field, d, least, most))
		}
	}
	count("Workers", c.Workers, 1, 64)
	count("ChunkSize", c.ChunkSize, 1, 5000)
	count("ChunkAttempts", c.ChunkAttempts, 1, 100)
	count("EncodeConcurrency", c.EncodeConcurrency, 1, 64)
	span("ChunkLease", c.ChunkLease, 300*time.Millisecond, 10*time.Minute)
	span("BatchOverall", c.BatchOverall, 10*time.Millisecond, 10*time.Minute)
	span("CommitOverall", c.CommitOverall, 100*time.Millisecond, 10*time.Minute)
	span("RunDeadline", c.RunDeadline, time.Second, 7*24*time.Hour)
	span("OutageBudget", c.OutageBudget, time.Second, 7*24*time.Hour)
	span("Poll", c.Poll, 10*time.Millisecond, time.Minute)
	span("IdlePoll", c.IdlePoll, c.Poll, time.Hour)
	span("Grace", c.Grace, 0, 10*time.Minute)
	if c.Location == nil {
		errs = append(errs, errors.New("Location is missing: give the time zone of the business date"))
	}
	if len(c.Owner) > 60 {
		errs = append(errs, fmt.Errorf("Owner has %d bytes: give at most 60", len(c.Owner)))
	}
	return errors.Join(errs...)
}

// newOwner is unlike any other claim's, so that a lease that comes back to
// this process after it was lost is not taken for the old one.
func (c Config) newOwner() string {
	if c.Owner == "" {
		return rand.Text()
	}
	return c.Owner + "/" + rand.Text()
}
