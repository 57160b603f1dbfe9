package mtls

import (
	"sync"
	"time"
)

// logEvery is how often the same is logged, at most: a port scan is not to fill
// the log, nor a client that tries again and again.
const logEvery = 10 * time.Second

// sparse lets one of many lines through. The zero value is ready.
type sparse struct {
	mu     sync.Mutex
	logged time.Time
	more   int
}

// due reports whether a line is to be written, and how many were not since the
// last.
func (s *sparse) due() (more int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.logged.IsZero() && time.Since(s.logged) < logEvery {
		s.more++
		return 0, false
	}
	more = s.more
	s.logged, s.more = time.Now(), 0
	return more, true
}
