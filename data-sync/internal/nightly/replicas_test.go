package nightly_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"aecode/common/idempotency"
	"aecode/common/redisconn"
	"aecode/data-sync/internal/claims"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/store"
)

// cluster is several engines on one real database and one Redis, each with
// connections of its own: they stand for replicas.
type cluster struct {
	t      *testing.T
	db     *database
	coder  *fakeCoder
	claims *claims.Redis
	flush  func() error
	cfg    engineConfig
}

// newCluster has a database with n reports, of study A and B in turn.
func newCluster(t *testing.T, fresh maker, n int) *cluster {
	t.Helper()
	db, err := fresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.close(); err != nil {
			t.Error(err)
		}
	})
	c := &cluster{t: t, db: db, coder: newFakeCoder(), cfg: defaults(t)}
	c.cfg.ChunkSize, c.cfg.ChunkLease = 20, 2*time.Second
	c.cfg.Poll, c.cfg.IdlePoll, c.cfg.Grace = 50*time.Millisecond, 50*time.Millisecond, 5*time.Second
	c.openRedis()

	rows := make([]report.Row, n)
	for i := range rows {
		id := report.Identity{Source: "edc", Study: []string{"A", "B"}[i%2], RecordID: fmt.Sprint(i + 1)}
		rows[i] = report.Row{Line: int64(i + 2), Identity: id, Verbatim: fmt.Sprintf("verbatim %d", i+1), Language: "en"}
	}
	if _, err := db.store.ApplyBatch(t.Context(), report.Batch{ImportID: "1", Sequence: store.FirstSequence, Digest: "d", Source: "edc", FileName: "f", FileHash: "h",
		Columns: []string{"AETERM"}, Rows: rows, Last: true}); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cluster) openRedis() {
	c.t.Helper()
	embedded, err := redisconn.StartEmbedded(context.WithoutCancel(c.t.Context()), "")
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = embedded.Close() })
	client, err := redisconn.Open(embedded.Config())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = client.Close() })
	records, err := idempotency.New(client, idempotency.Options{Config: idempotency.Config{Lease: c.cfg.ChunkLease}})
	if err != nil {
		c.t.Fatal(err)
	}
	secret, err := idempotency.NewSecret(make([]byte, 32))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.claims, err = claims.New(records, secret, c.cfg.ChunkLease); err != nil {
		c.t.Fatal(err)
	}
	c.flush = func() error { return client.FlushAll(context.Background()).Err() }
}

// replica starts an engine with a store of its own; the function stops it.
func (c *cluster) replica() (*nightly.Engine, func()) {
	c.t.Helper()
	return c.replicaOn(c.db.another(c.t), c.coder, c.claims)
}

func (c *cluster) replicaOn(s nightly.Store, coder nightly.Coder, claims nightly.Claims) (*nightly.Engine, func()) {
	c.t.Helper()
	e, err := nightly.New(s, coder, claims, c.cfg.Config, c.cfg.Options, nil, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := e.Run(ctx); err != nil {
			c.t.Errorf("Run: %v", err)
		}
	})
	stop := sync.OnceFunc(func() {
		cancel()
		run.Wait()
	})
	c.t.Cleanup(stop)
	return e, stop
}

func (c *cluster) start(e *nightly.Engine, scope string) run.Pass {
	c.t.Helper()
	p, opened, err := e.Start(c.t.Context(), "2026-03-01", scope)
	if err != nil || !opened {
		c.t.Fatalf("Start = opened %v, %v", opened, err)
	}
	return p
}

func (c *cluster) await(e *nightly.Engine, p run.Pass) (last run.Pass) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	if err := e.Watch(ctx, p.RunID, p.Number, func(now run.Pass) error { last = now; return nil }); err != nil {
		c.t.Fatalf("Watch: %v; last seen %s with %d of %d left", err, last.State, last.Left, last.Read)
	}
	return last
}

// until waits for a condition; the database's state has no other herald.
func (c *cluster) until(what string, condition func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("30 s without %s", what)
		}
	}
}

func (c *cluster) count(query string, args ...any) (n int) {
	c.t.Helper()
	if err := c.db.sql.QueryRowContext(c.t.Context(), query, args...).Scan(&n); err != nil {
		c.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// wantCoded checks that so many reports are coded, none twice, by the database
// alone, and that the audit is whole.
func (c *cluster) wantCoded(n int) {
	c.t.Helper()
	if got := c.count("SELECT count(*) FROM ae_reports WHERE status = 'CODED'"); got != n {
		c.t.Errorf("%d reports are coded, want %d", got, n)
	}
	if got := c.count("SELECT count(*) FROM codings"); got != n {
		c.t.Errorf("%d codings were ever made, want %d", got, n)
	}
	if err := c.db.store.VerifyAudit(c.t.Context()); err != nil {
		c.t.Errorf("VerifyAudit: %v", err)
	}
}

func (c *cluster) wantEnd(p run.Pass, state run.State, read, left int64) {
	c.t.Helper()
	if p.State != state || p.Read != read || p.Left != left || p.Read != p.Coded+p.Review+p.Left {
		c.t.Errorf("pass %d ended %s, %q: read %d, coded %d, review %d, left %d %v; want %s, read %d, left %d",
			p.Number, p.State, p.StateReason, p.Read, p.Coded, p.Review, p.Left, p.LeftByReason, state, read, left)
	}
}

// blocked is a coder that holds every call back until it is opened.
type blocked struct {
	*fakeCoder
	open chan struct{}
}

func (b *blocked) Encode(ctx context.Context, pin versions, terms []run.Term) ([]run.Answer, error) {
	select {
	case <-b.open:
	case <-ctx.Done():
		return nil, &run.Failure{Class: run.ClassDeadline, Err: ctx.Err()}
	}
	return b.fakeCoder.Encode(ctx, pin, terms)
}
