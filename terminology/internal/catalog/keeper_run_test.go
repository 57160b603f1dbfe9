package catalog_test

import (
	"context"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aecode/terminology/internal/catalog"
	"aecode/terminology/internal/coder"
)

func TestWatchLooksUntilItsContextEnds(t *testing.T) {
	path := library(t)
	synctest.Test(t, func(t *testing.T) {
		k := keep(t, catalog.Config{Dictionaries: catalog.Dictionaries{Library: path, Rescan: 30 * time.Second}})
		ctx, stop := context.WithCancel(t.Context())
		var watching sync.WaitGroup
		watching.Go(func() { k.Watch(ctx) })
		remove(t, filepath.Join(path, "99.0"))
		time.Sleep(59 * time.Second)
		synctest.Wait()
		k.serves("99.0", "98.1")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		k.serves("98.1")
		stop()
		watching.Wait()
	})
}

func TestCallsAreAnsweredWhileReleasesChange(t *testing.T) {
	path := library(t)
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	ctx, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for ctx.Err() == nil {
				entry, err := k.Current().Get("98.1")
				if err != nil || entry.Coder.Code(coder.Request{Verbatim: "older glimmer", Language: "en"}).Status != coder.Coded {
					t.Errorf("not coded: %v", err)
					return
				}
			}
		})
	}
	for range 10 {
		folder(t, path, "99.0", "Newer glimmer")
		folder(t, path, "98.1", "Older glimmer")
		k.look()
		k.look()
		remove(t, filepath.Join(path, "99.0"))
		k.look()
		k.look()
	}
	stop()
	callers.Wait()
}

func TestMemoryStaysFlatOverManyReloads(t *testing.T) {
	path := library(t)
	k := keep(t, catalog.Config{Dictionaries: libraryAt(path)})
	reload := func(times int) uint64 {
		for i := range times {
			term := "Newer glimmer"
			if i%2 == 0 {
				term = "Newest glimmer"
			}
			folder(t, path, "99.0", term)
			k.settles("taken_up 99.0")
		}
		runtime.GC()
		runtime.GC() // finalizers of the first may have kept something
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := reload(4)
	after := reload(30)
	if after > before+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes over 30 reloads", before, after)
	}
}

func TestWatchWithoutARescanReturnsAtOnce(t *testing.T) {
	k := keep(t, catalog.Config{Dictionaries: libraryAt(library(t))})
	k.Watch(t.Context()) // it returns although the context does not end
}
