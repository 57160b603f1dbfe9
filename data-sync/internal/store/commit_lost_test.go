package store

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// Where a cutter cuts the connection.
const (
	never int32 = iota
	// beforeCommit: COMMIT is swallowed and the connection cut, so the server
	// rolls back.
	beforeCommit
	// beforeCommitUnnoticed: the same, but the server learns of it late, as when
	// a host is gone without a word.
	beforeCommitUnnoticed
	// afterCommit: the server commits, its answer is swallowed.
	afterCommit
)

// cutter is a proxy in front of PostgreSQL that loses one commit.
type cutter struct {
	target string
	where  atomic.Int32
	cuts   atomic.Int32
	// deaf makes it refuse connections, thenDeaf as soon as it has cut.
	deaf, thenDeaf atomic.Bool

	mu     sync.Mutex
	open   map[net.Conn]bool
	pumps  sync.WaitGroup
	listen net.Listener
}

// cut gives a store behind a cutter, and the same database without one.
func cut(t *testing.T) (*Store, *Store, *cutter) {
	t.Helper()
	direct := openPG(t)
	at, err := url.Parse(direct.cfg.Postgres.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{target: at.Host, open: map[net.Conn]bool{}}
	if c.listen, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	c.pumps.Go(c.accept)
	t.Cleanup(c.close)
	at.Host = c.listen.Addr().String()
	return openStore(t, pgConfig(at.String())), direct, c
}

func (c *cutter) accept() {
	for {
		client, err := c.listen.Accept()
		if err != nil {
			return
		}
		if c.deaf.Load() {
			client.Close()
			continue
		}
		server, err := net.Dial("tcp", c.target)
		if err != nil {
			client.Close()
			continue
		}
		c.mu.Lock()
		c.open[client], c.open[server] = true, true
		c.mu.Unlock()
		p := &pipe{cutter: c, client: client, server: server}
		c.pumps.Go(p.up)
		c.pumps.Go(p.down)
	}
}

func (c *cutter) close() {
	c.listen.Close()
	c.mu.Lock()
	for conn := range c.open {
		conn.Close()
	}
	c.mu.Unlock()
	c.pumps.Wait()
}

// pipe is one connection through the cutter.
type pipe struct {
	*cutter
	client, server net.Conn
	swallow        atomic.Bool
}

// up carries what the client says, looking for COMMIT.
func (p *pipe) up() {
	defer p.client.Close()
	defer p.server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := p.client.Read(buf)
		if n > 0 && bytes.Contains(buf[:n], []byte("commit\x00")) {
			where := p.where.Swap(never)
			if where != never && p.thenDeaf.Load() {
				p.deaf.Store(true)
			}
			switch where {
			case never:
			case afterCommit:
				p.cuts.Add(1)
				p.swallow.Store(true)
			default:
				p.cuts.Add(1)
				p.client.Close()
				if where == beforeCommitUnnoticed {
					time.Sleep(300 * time.Millisecond)
				}
				return
			}
		}
		if n > 0 {
			if _, err := p.server.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// down carries what the server says; a swallowed answer ends both ways.
func (p *pipe) down() {
	defer p.client.Close()
	defer p.server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := p.server.Read(buf)
		if err != nil || p.swallow.Load() {
			return
		}
		if _, err := p.client.Write(buf[:n]); err != nil {
			return
		}
	}
}

// TestALostCommitIsReadBackAndAnsweredRightOnce cuts the connection around the
// commit of each kind of transaction.
func TestALostCommitIsReadBackAndAnsweredRightOnce(t *testing.T) {
	t.Parallel()
	for name, where := range map[string]int32{
		"before the server has it":                       beforeCommit,
		"before the server has it, and it learns late":   beforeCommitUnnoticed,
		"after the server has it, its answer on its way": afterCommit,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, direct, c := cut(t)
			lose := func(what string, call func()) {
				t.Helper()
				cuts := c.cuts.Load()
				c.where.Store(where)
				call()
				if c.cuts.Load() != cuts+1 {
					t.Errorf("%s: its commit was not lost", what)
				}
			}
			ctx := t.Context()
			lose("Submit", func() {
				r, outcome, err := s.Submit(ctx, textRow(0, "A", "Headache"))
				if err != nil || outcome != report.New || r.Status != report.Pending {
					t.Errorf("submit: %+v %s %v", r, outcome, err)
				}
			})
			b := report.Batch{ImportID: "i", Sequence: FirstSequence, Digest: "d", Source: "edc", FileHash: "h", Columns: []string{"A"},
				Rows: []report.Row{textRow(2, "A", "Headache"), textRow(3, "B", "Nausea"), textRow(4, "C", "Rash")}}
			lose("ApplyBatch", func() {
				result, err := s.ApplyBatch(ctx, b)
				if err != nil || result.Replayed || result.Account.New != 2 || result.Account.Rows != 3 {
					t.Errorf("apply: %+v %v", result, err)
				}
			})
			// It leaves no audit: every row is unchanged.
			b.ImportID = "again"
			lose("ApplyBatch unchanged", func() {
				result, err := s.ApplyBatch(ctx, b)
				if err != nil || result.Replayed || result.Account.Unchanged != 3 {
					t.Errorf("apply: %+v %v", result, err)
				}
			})
			var p run.Pass
			lose("OpenPass", func() {
				var opened bool
				var err error
				if p, opened, err = s.OpenPass(ctx, openReq("all", 1)); err != nil || !opened || p.Number != 1 || p.Read != 3 {
					t.Errorf("open: %+v %v %v", p, opened, err)
				}
			})
			var chunk run.Chunk
			lose("ClaimChunk", func() {
				var ok bool
				var err error
				if chunk, ok, err = s.ClaimChunk(ctx, p.RunID, p.Number, "me", time.Minute); err != nil || !ok || chunk.Seq != 0 || chunk.Attempt != 1 {
					t.Errorf("claim: %+v %v %v", chunk, ok, err)
				}
			})
			if n := number(t, direct, "SELECT count(*) FROM chunks WHERE state = 'LEASED'"); n != 1 {
				t.Errorf("%d chunks are leased", n)
			}
			lose("ExtendChunk", func() {
				if err := s.ExtendChunk(ctx, chunk, time.Hour); err != nil {
					t.Errorf("extend: %v", err)
				}
			})
			list := items(t, s, chunk)
			lose("CommitChunk", func() {
				done, err := s.CommitChunk(ctx, chunk, codeAll(list), 0)
				if err != nil || !done.Done || done.Recorded[list[0].ReportID] == 0 {
					t.Errorf("commit: %+v %v", done, err)
				}
			})
			// It leaves no audit, either.
			second := claim(t, s, p, "me")
			left := items(t, s, second)
			lose("CommitChunk left", func() {
				done, err := s.CommitChunk(ctx, second, []run.Result{leftOf(left[0], "DEADLINE", false)}, 0)
				if err != nil || !done.Done {
					t.Errorf("commit: %+v %v", done, err)
				}
			})
			third := claim(t, s, p, "me")
			lose("ReleaseChunk", func() {
				if err := s.ReleaseChunk(ctx, third, 0); err != nil {
					t.Errorf("release: %v", err)
				}
			})
			lose("EndPass", func() {
				ended, err := s.EndPass(ctx, p.RunID, p.Number, run.Partial, "why", "CLASS")
				if err != nil || ended.State != run.Partial || ended.Coded != 1 || ended.Left != 2 {
					t.Errorf("end: %+v %v", ended, err)
				}
			})
			for query, want := range map[string]int64{
				"SELECT count(*) FROM ae_reports":                           3,
				"SELECT count(*) FROM codings":                              1,
				"SELECT count(*) FROM passes":                               1,
				"SELECT count(*) FROM imports":                              2,
				"SELECT count(*) FROM audit WHERE action='report.received'": 3,
				"SELECT count(*) FROM audit WHERE action='report.coded'":    1,
				"SELECT count(*) FROM audit WHERE action='pass.opened'":     1,
				"SELECT count(*) FROM audit WHERE action='pass.ended'":      1,
			} {
				if n := number(t, direct, query); n != want {
					t.Errorf("%s: %d, want %d", query, n, want)
				}
			}
			if err := direct.VerifyAudit(ctx); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestALostCommitThatCannotBeReadBackIsSaidToBeUnknown: the database stays away.
func TestALostCommitThatCannotBeReadBackIsSaidToBeUnknown(t *testing.T) {
	t.Parallel()
	s, _, c := cut(t)
	s.cfg.WriteTimeout = 500 * time.Millisecond
	s.write.SetMaxIdleConns(0) // no connection outlives its use
	c.thenDeaf.Store(true)
	c.where.Store(afterCommit)
	_, _, err := s.Submit(t.Context(), textRow(0, "A", "Headache"))
	if !errors.Is(err, errUnknownOutcome) || !Transient(err) {
		t.Fatalf("err %v", err)
	}
	c.thenDeaf.Store(false)
	c.deaf.Store(false)
	// Called again, it finds what it did.
	if _, outcome, err := s.Submit(t.Context(), textRow(0, "A", "Headache")); err != nil || outcome != report.Unchanged {
		t.Fatalf("%s %v", outcome, err)
	}
}
