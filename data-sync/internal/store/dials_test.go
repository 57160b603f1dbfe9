package store

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"aecode/data-sync/internal/run"
)

// deadServer accepts connections and closes them at once, as a proxy before a
// database that is away does. It counts them.
func deadServer(t *testing.T) (address string, dials *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dials = new(atomic.Int64)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return l.Addr().String(), dials
}

// storeOn is a store that was opened while its database, at the URL, was there.
func storeOn(t *testing.T, url string) *Store {
	t.Helper()
	cfg := pgConfig(url)
	pool, err := openPostgres(cfg, 4, cfg.StatementTimeout)
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{cfg: cfg, d: postgres, write: pool, read: pool}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// The store is the one layer that tries a call again, five times at most. Nothing
// below it may multiply that: neither the driver's fall-backs from TLS to
// plaintext nor the pool's own tries.
func TestOneFailingCallOfADeadDatabaseMakesAtMostFiveConnections(t *testing.T) {
	for _, mode := range []string{"disable", "prefer", "allow", "require"} { // sslmode
		for name, call := range map[string]func(s *Store) error{
			"Now": func(s *Store) error {
				_, err := s.Now(t.Context())
				return err
			},
			"Ping": func(s *Store) error { return s.Ping(t.Context()) },
			"SetPaused": func(s *Store) error {
				return s.SetPaused(t.Context(), "2026-03-01.all", 1, true, "test")
			},
			"OpenPass": func(s *Store) error {
				_, _, err := s.OpenPass(t.Context(), run.OpenPass{Scope: run.ScopeAll, ChunkSize: 10, RunDeadline: time.Hour})
				return err
			},
			"CommitChunk": func(s *Store) error {
				_, err := s.CommitChunk(t.Context(), run.Chunk{RunID: "2026-03-01.all", Pass: 1, Owner: "me", Attempt: 1}, nil, 0)
				return err
			},
		} {
			t.Run(mode+" "+name, func(t *testing.T) {
				address, dials := deadServer(t)
				s := storeOn(t, "postgres://aecode@"+address+"/aecode?sslmode="+mode)
				err := call(s)
				if err == nil || !Transient(err) {
					t.Errorf("%v, want a transient error", err)
				}
				most := int64(5)
				if name == "Ping" { // one try, which the driver makes with TLS and without
					most = 2
				}
				if n := dials.Load(); n < 1 || n > most {
					t.Errorf("%d connections, want 1 to %d", n, most)
				} else {
					t.Logf("%d connections", n)
				}
			})
		}
	}
}
