package coder

import (
	"hash/maphash"
	"sync"
)

// cacheShards is the number of parts of a cache, each with its own lock.
const cacheShards = 16

// cache keeps the most recently used values, up to a number of entries. It is safe for
// concurrent use. It never changes an answer, only the time that it takes.
type cache[V any] struct {
	seed   maphash.Seed
	shards [cacheShards]cacheShard[V]
}

// cacheShard is a map and a ring of entries in the order of use. The ring grows
// to its limit; after that a new entry replaces the least recently used one.
type cacheShard[V any] struct {
	mu      sync.Mutex
	limit   int
	at      map[string]int32
	entries []cacheEntry[V] // entry 0 is the ring's head: next is the newest, prev the oldest
}

type cacheEntry[V any] struct {
	key        string
	value      V
	prev, next int32
}

// newCache returns a cache of the given number of entries, rounded up to a multiple
// of its shards; nil for 0 or less.
func newCache[V any](entries int) *cache[V] {
	if entries <= 0 {
		return nil
	}
	c := &cache[V]{seed: maphash.MakeSeed()}
	for i := range c.shards {
		s := &c.shards[i]
		s.limit = (entries + cacheShards - 1) / cacheShards
		s.at = map[string]int32{}
		s.entries = make([]cacheEntry[V], 1)
	}
	return c
}

func (c *cache[V]) shard(key string) *cacheShard[V] {
	return &c.shards[maphash.String(c.seed, key)%cacheShards]
}

func (c *cache[V]) get(key string) (V, bool) {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[key]
	if !ok {
		var none V
		return none, false
	}
	s.unlink(i)
	s.linkNewest(i)
	return s.entries[i].value, true
}

func (c *cache[V]) put(key string, value V) {
	s := c.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.at[key]
	switch {
	case ok:
		s.unlink(i)
	case len(s.entries) <= s.limit:
		i = narrow(len(s.entries))
		s.entries = append(s.entries, cacheEntry[V]{})
	default:
		i = s.entries[0].prev
		s.unlink(i)
		delete(s.at, s.entries[i].key)
	}
	s.entries[i].key, s.entries[i].value = key, value
	s.at[key] = i
	s.linkNewest(i)
}

func (s *cacheShard[V]) unlink(i int32) {
	e := &s.entries[i]
	s.entries[e.prev].next, s.entries[e.next].prev = e.next, e.prev
}

func (s *cacheShard[V]) linkNewest(i int32) {
	head := &s.entries[0]
	s.entries[i].prev, s.entries[i].next = 0, head.next
	s.entries[head.next].prev = i
	s.entries[0].next = i
}
