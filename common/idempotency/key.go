package idempotency

// hashTags is the number of hash tags, and so of Redis Cluster slots, over which
// a store spreads its keys. It is a constant because it is part of the key layout:
// all replicas must agree. It is small because every tag in a batch costs a script
// run.
const hashTags = 4

// redisKey returns the Redis key prefix{tag}key and its tag. The tag comes before
// the key, so that braces in the key do not change the slot.
func (s *Store) redisKey(key string) (string, int) {
	tag := tagOf(key)
	b := make([]byte, 0, len(s.opt.Prefix)+len(key)+3)
	b = append(b, s.opt.Prefix...)
	b = append(b, '{', "0123"[tag], '}')
	b = append(b, key...)
	return string(b), tag
}

// tagOf returns FNV-1a (32 bit) of key modulo hashTags.
func tagOf(key string) int {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return int(h % hashTags)
}
