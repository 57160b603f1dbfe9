package coder

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// held counts the entries of a cache.
func held[V any](c *cache[V]) (n int) {
	for i := range c.shards {
		n += len(c.shards[i].at)
	}
	return n
}

func TestCacheKeepsWhatWasUsedLast(t *testing.T) {
	c := newCache[int](2 * cacheShards)
	shard := c.shard("0")
	var keys []string // three keys of one shard, which holds two
	for i := 0; len(keys) < 3; i++ {
		if k := fmt.Sprint(i); c.shard(k) == shard {
			keys = append(keys, k)
		}
	}
	c.put(keys[0], 0)
	c.put(keys[1], 1)
	c.get(keys[0])
	c.put(keys[2], 2)
	if _, ok := c.get(keys[1]); ok {
		t.Error("the least recently used entry is still there")
	}
	for _, i := range []int{0, 2} {
		if v, ok := c.get(keys[i]); !ok || v != i {
			t.Errorf("entry %d: %d, %v", i, v, ok)
		}
	}
}

func TestCacheIsBoundedAndNeverGivesAnotherKeysValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.IntRange(1, 64).Draw(t, "entries")
		c := newCache[string](entries)
		for _, k := range rapid.SliceOfN(rapid.StringN(0, 2, -1), 0, 300).Draw(t, "keys") {
			if v, ok := c.get(k); ok && v != k {
				t.Fatalf("key %q gave %q", k, v)
			}
			c.put(k, k)
			if v, ok := c.get(k); !ok || v != k {
				t.Fatalf("key %q is gone at once", k)
			}
		}
		if n := held(c); n > entries+cacheShards {
			t.Fatalf("%d entries, limit %d", n, entries)
		}
	})
}

func TestNoEntriesMeansNoCache(t *testing.T) {
	if newCache[int](-1) != nil || newCache[int](0) != nil {
		t.Error("a cache without entries")
	}
}
