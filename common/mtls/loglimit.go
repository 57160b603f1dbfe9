package mtls

import (
	"sync"
	"time"
)

// logEvery is the shortest time between two log lines of one kind. A port scan
// must not fill the log, nor a client that retries forever.
const logEvery = 10 * time.Second

// logLimit limits how often one kind of line is logged. The zero value is ready
// to use.
type logLimit struct {
	mu      sync.Mutex
	logged  time.Time
	skipped int
}

// due reports whether to write a line now, and how many lines were skipped since
// the last one.
func (l *logLimit) due() (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.logged.IsZero() && time.Since(l.logged) < logEvery {
		l.skipped++
		return 0, false
	}
	skipped = l.skipped
	l.logged, l.skipped = time.Now(), 0
	return skipped, true
}
