package svc_test

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/svc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

func serving(release string) *svc.ServiceContext {
	c := catalog.Config{Dictionaries: catalog.Dictionaries{Release: release}}
	return &svc.ServiceContext{Catalog: catalog.NewKeeper(c, func(catalog.Event) {})}
}

const demo = "../../../deploy/demo/release/ctcae-5.0"

// readiness runs what it holds when it is set.
type readiness func(ready bool)

func (r readiness) Set(ready bool) bool {
	r(ready)
	return true
}

func TestRunSetsReadyWhenTheReleaseIsLoadedAndEndsWithItsContext(t *testing.T) {
	s := serving(demo)
	ctx, stop := context.WithCancel(t.Context())
	set := 0
	err := s.Run(ctx, readiness(func(ready bool) {
		if !ready || s.Catalog.Current() == nil {
			t.Errorf("ready is set to %v, catalog %v", ready, s.Catalog.Current())
		}
		set++
		stop()
	}))
	if err != nil || set != 1 {
		t.Errorf("%v, ready is set %d times", err, set)
	}
}

func TestRunReturnsWhatIsWrongWithTheReleaseAndNeverSetsReady(t *testing.T) {
	err := serving("/nowhere/29.1").Run(t.Context(), readiness(func(bool) { t.Error("ready is set") }))
	if err == nil || !strings.Contains(err.Error(), "/nowhere/29.1") {
		t.Errorf("%v, want the release named", err)
	}
}

func TestRunThatIsStoppedWhileItLoadsHasNoError(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := serving(demo).Run(ctx, readiness(func(bool) {})); err != nil {
		t.Error(err)
	}
}
