package nightly

import (
	"crypto/rand"
	"fmt"
	"time"

	"aecode/common/configerr"
)

// The defaults of Options.
const (
	defaultChunkAttempts = 5
	defaultCommitOverall = 10 * time.Second
	// defaultIdlePoll is longer if Poll is.
	defaultIdlePoll = 2 * time.Second
)

// Options are what an engine is told by its program, not by a configuration file.
// Of the fields with a default, 0 means the default.
type Options struct {
	// EncodeConcurrency is the maximum number of batches that this process has at
	// terminology at once, over all chunks: 1 to 64.
	EncodeConcurrency int
	// BatchOverall limits one batch with all its attempts: 10ms to 10m.
	BatchOverall time.Duration
	// Owner names this process in leases, at most 60 bytes; empty: a random name. It
	// is part of every lease owner, to which each claim adds a random part of its own.
	Owner string
	// ChunkAttempts is from which attempt of a chunk on a transient failure is
	// recorded as LEFT instead of being tried once more: 1 to 100, 5 by default.
	// Attempts that were interrupted do not count.
	ChunkAttempts int
	// CommitOverall limits the commit of a chunk with all its attempts: 100ms to 10m,
	// 10s by default.
	CommitOverall time.Duration
	// IdlePoll is how often open passes are looked for while there is none: Poll to
	// 1h; 2s by default, or Poll if that is longer.
	IdlePoll time.Duration
}

// settings are what an engine works by.
type settings struct {
	Config
	Options
	location *time.Location
}

// settingsOf gives the settings with the defaults of what is 0. Its error names
// every field that cannot be used.
func settingsOf(cfg Config, opt Options) (settings, error) {
	if opt.ChunkAttempts == 0 {
		opt.ChunkAttempts = defaultChunkAttempts
	}
	if opt.CommitOverall == 0 {
		opt.CommitOverall = defaultCommitOverall
	}
	if opt.IdlePoll == 0 {
		opt.IdlePoll = max(defaultIdlePoll, cfg.Poll)
	}
	var errs configerr.Errors
	errs.Add("", cfg.Validate())
	errs.Count("EncodeConcurrency", opt.EncodeConcurrency, 1, 64)
	errs.Span("BatchOverall", opt.BatchOverall, 10*time.Millisecond, 10*time.Minute)
	errs.Check(len(opt.Owner) <= 60, "Owner", "must have at most 60 bytes, has %d", len(opt.Owner))
	errs.Count("ChunkAttempts", opt.ChunkAttempts, 1, 100)
	errs.Span("CommitOverall", opt.CommitOverall, 100*time.Millisecond, 10*time.Minute)
	errs.Span("IdlePoll", opt.IdlePoll, cfg.Poll, time.Hour)
	if err := errs.Err(); err != nil {
		return settings{}, err
	}
	location, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return settings{}, fmt.Errorf("TimeZone: %w", err)
	}
	return settings{Config: cfg, Options: opt, location: location}, nil
}

// newOwner is unlike any other claim's, so that a lease that comes back to
// this process after it was lost is not taken for the old one.
func (s settings) newOwner() string {
	if s.Owner == "" {
		return rand.Text()
	}
	return s.Owner + "/" + rand.Text()
}
