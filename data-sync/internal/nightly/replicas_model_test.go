package nightly_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"aecode/common/idempotency"
	"aecode/common/redisconn"
	"aecode/data-sync/internal/claims"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

var (
	studies = []string{"A", "B"}
	scopes  = []string{"all", "study:A", "study:B"}
	dates   = []string{"2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"}
)

// notNow says that an action cannot be taken in the present state. Skip is rapid's
// word for it: it draws another action in its place, and no test is left out.
func notNow(t *rapid.T, why string) {
	t.Helper()
	t.Skip(why) // this action, in this state; never the test
}

// steps are the machine's actions. Rapid draws the first in the order of their
// names most often: those that move the actors on.
func (m *machine) steps() map[string]func(*rapid.T) {
	anActor := func(t *rapid.T) *actor { return m.actors[rapid.IntRange(0, len(m.actors)-1).Draw(t, "actor")] }
	aPass := func(t *rapid.T) *modelPass {
		if len(m.passes) == 0 {
			notNow(t, "no pass")
		}
		return m.passes[rapid.IntRange(0, len(m.passes)-1).Draw(t, "pass")]
	}
	actions := map[string]func(*rapid.T){
		"": m.check,
		"2 open pass": func(t *rapid.T) {
			m.openPass(t, rapid.SampledFrom(dates).Draw(t, "date"), rapid.SampledFrom(scopes).Draw(t, "scope"), rapid.IntRange(1, 3).Draw(t, "chunk size"))
		},
		"5 finish pass": func(t *rapid.T) { m.finishPass(t, aPass(t)) },
		"6 cancel pass": func(t *rapid.T) {
			p := aPass(t)
			got, err := m.store.EndPass(m.ctx, p.runID, p.number, run.Cancelled, "cancelled", run.ClassCancelled)
			if p.state.Open() {
				p.end(run.Cancelled)
			}
			if err != nil || got.State != p.state {
				t.Fatalf("EndPass = %s, %v; want %s", got.State, err, p.state)
			}
		},
		"4 crash": func(t *rapid.T) { m.crash(anActor(t)) },
		"6 extend": func(t *rapid.T) {
			a := anActor(t)
			if a.of == nil {
				notNow(t, "no chunk")
			}
			err := m.store.ExtendChunk(m.ctx, a.claim, aLease)
			switch {
			case !a.of.is(a.claim):
				m.lost(t, "ExtendChunk", err)
			case err != nil:
				t.Fatalf("ExtendChunk: %v", err)
			default:
				a.of.expired = false
			}
		},
		"6 release": func(t *rapid.T) {
			a := anActor(t)
			if a.of == nil {
				notNow(t, "no chunk")
			}
			err := m.store.ReleaseChunk(m.ctx, a.claim, 0)
			if !a.of.holds(a.claim) {
				m.lost(t, "ReleaseChunk", err)
			} else if a.of.leased, a.of.owner = false, ""; err != nil {
				t.Fatalf("ReleaseChunk: %v", err)
			}
			m.release(t, a, a.items)
			*a = actor{}
		},
		"3 lease expires": func(t *rapid.T) {
			p := aPass(t)
			for seq, c := range p.chunks {
				if c.leased {
					m.expire(t, p, seq)
				}
			}
		},
		"5 Redis is flushed": func(t *rapid.T) {
			if err := m.flush(); err != nil {
				t.Fatal(err)
			}
		},
		// As after a restore of the database: the records know of work that the
		// database does not hold.
		"5 Redis says done too early": func(t *rapid.T) {
			a := anActor(t)
			if a.step < 3 || len(a.items) == 0 {
				notNow(t, "no records")
			}
			if err := m.claims.Complete(m.ctx, pinOf(a.pass), a.claim.Owner, []run.Recorded{{Item: a.items[0], CodingID: 99}}); err != nil {
				t.Fatal(err)
			}
		},
		"2 a person decides": func(t *rapid.T) {
			if len(m.reports) == 0 {
				notNow(t, "no report")
			}
			status := rapid.SampledFrom([]report.Status{report.Coded, report.Proposed, report.Withdrawn, report.Query}).Draw(t, "status")
			m.decide(t, m.reports[rapid.IntRange(0, len(m.reports)-1).Draw(t, "report")], status)
		},
		"4 newer synonyms": func(*rapid.T) { m.synonyms++ },
		"6 duplicate":      func(t *rapid.T) { m.duplicate(t, rapid.SampledFrom(studies).Draw(t, "study")) },
	}
	for n := range 3 {
		actions[fmt.Sprint("1 intake ", n)] = func(t *rapid.T) {
			m.submit(t, rapid.SampledFrom(studies).Draw(t, "study"), fmt.Sprint("R", rapid.IntRange(1, 5).Draw(t, "record")),
				rapid.SampledFrom([]string{"c one", "c two", "r", "t", "f"}).Draw(t, "verbatim"), rapid.Bool().Draw(t, "serious"))
		}
	}
	for n := range 8 {
		actions[fmt.Sprint("0 step ", n)] = func(t *rapid.T) { m.advance(t, anActor(t)) }
	}
	return actions
}

// reportsOfEachKind brings them in; one has failed on two nights.
func (m *machine) reportsOfEachKind(t *rapid.T) {
	for n, verbatim := range []string{"c one", "f", "t", "r", "c two", "c one"} {
		m.submit(t, studies[n%2], fmt.Sprint("R", n/2+1), verbatim, n == 3)
	}
	failing := m.reports[1]
	failing.nights, failing.night = 2, dates[0]
	m.exec(t, "UPDATE ae_reports SET failed_nights = 2, failed_date = $1 WHERE id = $2", failing.night, failing.id)
}

// begin opens a pass.
func (m *machine) begin(t *rapid.T) {
	m.reportsOfEachKind(t)
	m.openPass(t, rapid.SampledFrom(dates).Draw(t, "date"), rapid.SampledFrom(scopes).Draw(t, "scope"), rapid.IntRange(1, 3).Draw(t, "chunk size"))
}

// fixed makes rapid's effort the same in each run of the tests, unless asked
// for otherwise on the command line.
func fixed(t *testing.T, values map[string]string) {
	t.Helper()
	for name, value := range values {
		if slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, name) }) {
			continue
		}
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
}

// drive runs the state machine on fresh databases; wrap may plant a bug. It
// adds what happened how often to seen.
func drive(t *testing.T, tb rapid.TB, fresh maker, wrap func(*database) nightly.Store, seen map[string]int, story func(*machine, *rapid.T)) {
	embedded, err := redisconn.StartEmbedded(context.WithoutCancel(t.Context()), "")
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	client, err := redisconn.Open(embedded.Config())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	records, err := idempotency.New(client, idempotency.Options{Prefix: "t", Config: idempotency.Config{Lease: aLease}})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := idempotency.NewSecret(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	claims, err := claims.New(records, secret, aLease)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	flush := func() error { return client.FlushAll(ctx).Err() }
	rapid.Check(tb, func(rt *rapid.T) {
		db, err := fresh(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() {
			if err := db.close(); err != nil {
				rt.Error(err)
			}
		}()
		if err := flush(); err != nil {
			rt.Fatal(err)
		}
		m := &machine{ctx: ctx, store: wrap(db), db: db, claims: claims, flush: flush, actors: []*actor{{}, {}, {}}, seen: seen}
		story(m, rt)
		m.settle(rt)
	})
}

// atRandom lets anything happen at any time.
func atRandom(m *machine, t *rapid.T) {
	m.begin(t)
	t.Repeat(m.steps())
}

func TestRunPassChunkAndRecordsAgreeWithTheModelWhateverCrashesWhen(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, fresh maker) {
		checks := "25"
		if strings.HasSuffix(t.Name(), "postgres") {
			checks = "12" // a database for each costs more
		}
		seen := make(map[string]int)
		own := func(db *database) nightly.Store { return db.store }
		t.Run("each situation once", func(t *testing.T) {
			fixed(t, map[string]string{"rapid.checks": "1", "rapid.nofailfile": "true"})
			drive(t, t, fresh, own, seen, (*machine).tour)
		})
		t.Logf("seen on the tour: %v", seen)
		for _, what := range []string{"lease lost", "coded", "review", "left", "gone", "poison", "commit repeated", "in flight elsewhere",
			"recorded before", "crash after step 1", "crash after step 2", "crash after step 3", "crash after step 4", "crash after step 5"} {
			if seen[what] == 0 {
				t.Errorf("%q never happened: the test says less than it should", what)
			}
		}
		fixed(t, map[string]string{"rapid.checks": checks, "rapid.steps": "100", "rapid.nofailfile": "true", "rapid.shrinktime": "10s"})
		clear(seen)
		drive(t, t, fresh, own, seen, atRandom)
		t.Logf("seen at random: %v", seen)
	})
}
