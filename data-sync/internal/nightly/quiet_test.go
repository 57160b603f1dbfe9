package nightly_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aecode/data-sync/internal/run"
)

// asked counts the calls of a store that is away.
type asked struct {
	*cutStore
	calls, pings atomic.Int64
}

func (a *asked) Ping(ctx context.Context) error {
	a.calls.Add(1)
	a.pings.Add(1)
	return a.cutStore.Ping(ctx)
}

func (a *asked) OpenPasses(ctx context.Context) ([]run.Pass, error) {
	a.calls.Add(1)
	return a.cutStore.OpenPasses(ctx)
}

func (a *asked) Now(ctx context.Context) (time.Time, error) {
	a.calls.Add(1)
	return a.cutStore.Now(ctx)
}

func TestAnIdleReplicaPingsADeadDatabaseAboutOnceIn1To2Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, db := cutWorld(t, 0)
		store := &asked{cutStore: db}
		_, stop := w.run(store, w.coder, w.claims, nil)
		defer stop()
		time.Sleep(10 * time.Second)
		db.mode.Store(refusing)
		time.Sleep(5 * time.Second) // it has noticed
		store.calls.Store(0)
		store.pings.Store(0)
		time.Sleep(time.Minute)
		if calls, pings := store.calls.Load(), store.pings.Load(); calls != pings || pings < 25 || pings > 61 {
			t.Errorf("%d calls in a minute, %d of them pings; want 30 to 60 pings and nothing else", calls, pings)
		}
	})
}
