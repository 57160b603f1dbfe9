package nightly_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/run"
)

func TestReplicasOnARealStore(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, fresh maker) {
		for _, c := range []struct {
			name string
			n    int
			rule func(t *testing.T, c *cluster)
		}{
			{"TenStartsAtOnceGiveOnePassThatAllWorkOn", 400, tenStartsAtOnce},
			{"ADeadReplicasChunkIsTakenOverWithinOneLease", 100, aDeadReplica},
			{"APassIsNotFinishedWhileAChunkIsOpen", 100, notFinishedWhileOpen},
			{"APartialRunGoesOnInItsNextPass", 100, partialGoesOn},
			{"OverlappingRunsShareNoReport", 400, overlappingRuns},
			{"ADecisionInMidRunIsNeverSuperseded", 40, aDecisionInMidRun},
			{"RedisFlushedInMidRunDoublesNothing", 200, redisFlushed},
			{"ThePassEndsAtItsDeadlineOnTheDatabasesClock", 100, theDatabasesDeadline},
			{"AReplicaStoppedInMidRunLeavesTheRestToAnother", 200, stoppedInMidRun},
		} {
			t.Run(c.name, func(t *testing.T) { c.rule(t, newCluster(t, fresh, c.n)) })
		}
	})
}

func tenStartsAtOnce(_ *testing.T, c *cluster) {
	c.coder.takes = 5 * time.Millisecond
	var engines []*nightly.Engine
	for range 3 {
		e, _ := c.replica()
		engines = append(engines, e)
	}
	var opened atomic.Int32
	var starts sync.WaitGroup
	for n := range 10 {
		starts.Go(func() {
			p, isNew, err := engines[n%3].Start(c.t.Context(), "2026-03-01", "")
			if err != nil || p.Number != 1 {
				c.t.Errorf("Start = pass %d, %v", p.Number, err)
			}
			if isNew {
				opened.Add(1)
			}
		})
	}
	starts.Wait()
	if opened.Load() != 1 {
		c.t.Errorf("%d passes were opened, want one", opened.Load())
	}
	c.wantEnd(c.await(engines[0], run.Pass{RunID: "2026-03-01.all"}), run.Completed, 400, 0)
	c.wantCoded(400)
	if got := c.count("SELECT count(*) FROM passes"); got != 1 {
		c.t.Errorf("%d passes, want 1", got)
	}
}

func aDeadReplica(t *testing.T, c *cluster) {
	// The first replica gets stuck with a chunk, then all its connections are cut.
	own := &cutStore{Store: c.db.another(t)}
	records := &cutClaims{Claims: c.claims}
	stuck := &blocked{fakeCoder: c.coder, open: make(chan struct{})}
	healthy := c.cfg
	c.cfg.Workers, c.cfg.Grace = 1, time.Millisecond
	dying, kill := c.replicaOn(own, stuck, records)
	p := c.start(dying, "all")
	c.until("a chunk in its hands", func() bool { return c.count("SELECT count(*) FROM chunks WHERE state = 'LEASED'") == 1 })
	c.until("its records claimed", func() bool { return records.claimed.Load() })
	own.mode.Store(refusing)
	records.cut.Store(true)
	kill()
	if c.count("SELECT count(*) FROM chunks WHERE state = 'LEASED'") != 1 {
		t.Fatal("the dead replica gave its chunk back: the test says nothing")
	}

	// However slow this machine is, the lease counts on the database's clock: no
	// claim takes the chunk before its end, and the first asked after it does.
	c.cfg = healthy
	heir := &heirStore{Store: c.db.another(t), of: c}
	if err := c.db.sql.QueryRowContext(t.Context(), "SELECT seq, lease_until FROM chunks WHERE state = 'LEASED'").Scan(&heir.seq, &heir.end); err != nil {
		t.Fatal(err)
	}
	e, _ := c.replicaOn(heir, c.coder, c.claims)
	c.wantEnd(c.await(e, p), run.Completed, 100, 0)
	if !heir.took.Load() {
		t.Error("the dead replica's chunk was taken over by nobody")
	}
	c.wantCoded(100)
}

func notFinishedWhileOpen(t *testing.T, c *cluster) {
	s := c.db.another(t)
	e, err := nightly.New(s, c.coder, c.claims, c.cfg.Config, c.cfg.Options, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := c.start(e, "all")
	held, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, "somebody", time.Hour)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	one, _ := c.replica()
	c.replica()
	c.until("all other chunks done", func() bool { return c.count("SELECT count(*) FROM chunks WHERE state = 'DONE'") == 4 })
	for began := time.Now(); time.Since(began) < time.Second; time.Sleep(20 * time.Millisecond) {
		if now, err := s.Pass(t.Context(), p.RunID, 0); err != nil || !now.State.Open() || now.Left != 20 {
			t.Fatalf("with a chunk open the pass is %s with %d left, %v", now.State, now.Left, err)
		}
	}
	if err := s.ReleaseChunk(t.Context(), held, 0); err != nil {
		t.Fatal(err)
	}
	c.wantEnd(c.await(one, p), run.Completed, 100, 0)
	c.wantCoded(100)
}

func partialGoesOn(_ *testing.T, c *cluster) {
	c.coder.answer = func(term run.Term) (run.Answer, bool) {
		return run.Answer{Err: &run.Failure{Class: "INTERNAL", Item: true}}, term.Verbatim == "verbatim 7"
	}
	e, _ := c.replica()
	c.replica()
	p := c.await(e, c.start(e, "all"))
	c.wantEnd(p, run.Partial, 100, 1)
	if p.LeftByReason["INTERNAL"] != 1 {
		c.t.Errorf("left by reason = %v", p.LeftByReason)
	}
	c.coder.set(func(k *fakeCoder) { k.answer = nil })
	p = c.start(e, "all")
	if p.Number != 2 {
		c.t.Errorf("pass %d, want 2", p.Number)
	}
	c.wantEnd(c.await(e, p), run.Completed, 1, 0)
	c.wantCoded(100)
}

func overlappingRuns(_ *testing.T, c *cluster) {
	c.coder.takes = 5 * time.Millisecond
	one, _ := c.replica()
	two, _ := c.replica()
	passes := make([]run.Pass, 3)
	var starts sync.WaitGroup
	for n, scope := range []string{"study:A", "all", "study:B"} {
		starts.Go(func() {
			var err error
			if passes[n], _, err = []*nightly.Engine{one, two}[n%2].Start(c.t.Context(), "2026-03-01", scope); err != nil {
				c.t.Errorf("Start %s: %v", scope, err)
			}
		})
	}
	starts.Wait()
	read := int64(0)
	for _, p := range passes {
		p = c.await(one, p)
		c.wantEnd(p, run.Completed, p.Read, 0)
		read += p.Read
	}
	if read != 400 {
		c.t.Errorf("the three runs read %d members together, want each of the 400 once", read)
	}
	c.wantCoded(400)
}

func aDecisionInMidRun(t *testing.T, c *cluster) {
	held := &blocked{fakeCoder: c.coder, open: make(chan struct{})}
	e, _ := c.replicaOn(c.db.another(t), held, c.claims)
	p := c.start(e, "all")
	c.until("all chunks at terminology", func() bool { return c.count("SELECT count(*) FROM chunks WHERE state = 'LEASED'") == 2 })
	for _, query := range []string{
		`INSERT INTO codings (report_id, verbatim_version, dictionary, language, synonym_version, engine_version, llt_code, llt_name,
		pt_code, pt_name, hlt_code, hlt_name, hlgt_code, hlgt_name, soc_code, soc_name, method, score, decided_by, decided_at)
		SELECT id, 1, '29.0', 'en', '', '', '777', 'By hand', '777', 'By hand', '', '', '', '', '', '', 'manual', 1, 'dr.x', 1 FROM ae_reports WHERE record_id = '5'`,
		"UPDATE ae_reports SET status = 'CODED', human_decided = 1 WHERE record_id = '5'",
		"UPDATE ae_reports SET status = 'QUERY', human_decided = 1 WHERE record_id = '6'",
	} {
		if _, err := c.db.sql.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	close(held.open)
	p = c.await(e, p)
	c.wantEnd(p, run.Completed, 40, 0)
	c.wantCoded(39)
	if c.count("SELECT count(*) FROM codings WHERE superseded_at IS NULL AND decided_by = 'dr.x'") != 1 ||
		c.count("SELECT count(*) FROM codings WHERE decided_by <> 'dr.x'") != 38 || c.count("SELECT count(*) FROM ae_reports WHERE status = 'QUERY'") != 1 {
		t.Error("a decision was superseded")
	}
}

func redisFlushed(t *testing.T, c *cluster) {
	c.coder.takes = 5 * time.Millisecond
	c.cfg.Workers = 2
	records := &flushing{Redis: c.claims, of: c}
	e, _ := c.replicaOn(c.db.another(t), c.coder, records)
	c.replicaOn(c.db.another(t), c.coder, records)
	p := c.start(e, "all")
	c.wantEnd(c.await(e, p), run.Completed, 200, 0)
	if n := records.n.Load(); n < 20 {
		t.Errorf("flushed %d times, want twice for each of ten chunks", n)
	}
	c.wantCoded(200)
}

func theDatabasesDeadline(t *testing.T, c *cluster) {
	held := &blocked{fakeCoder: c.coder, open: make(chan struct{})}
	c.cfg.BatchOverall = time.Second
	e, _ := c.replicaOn(c.db.another(t), held, c.claims)
	p := c.start(e, "all")
	c.until("work", func() bool { return c.count("SELECT count(*) FROM chunks WHERE state = 'LEASED'") > 0 })
	// The database's clock passes the deadline; no other clock has moved.
	if _, err := c.db.sql.ExecContext(t.Context(), "UPDATE passes SET deadline = 1"); err != nil {
		t.Fatal(err)
	}
	p = c.await(e, p)
	c.wantEnd(p, run.Partial, 100, 100)
	if p.LeftByReason[run.ClassRunDeadline] != 100 {
		t.Errorf("left by reason = %v", p.LeftByReason)
	}
	c.wantCoded(0)
}

func stoppedInMidRun(_ *testing.T, c *cluster) {
	c.coder.takes = 50 * time.Millisecond
	c.cfg.Workers = 1
	first, stop := c.replica()
	p := c.start(first, "all")
	c.until("a chunk done", func() bool { return c.count("SELECT count(*) FROM chunks WHERE state = 'DONE'") > 0 })
	stop()
	if n := c.count("SELECT count(*) FROM chunks WHERE state = 'LEASED'"); n != 0 {
		c.t.Errorf("%d chunks are leased to a replica that has stopped", n)
	}
	second, _ := c.replica()
	c.wantEnd(c.await(second, p), run.Completed, 200, 0)
	c.wantCoded(200)
}
