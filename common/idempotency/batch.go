package idempotency

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

const (
	// hashTags is how many Redis Cluster slots a store spreads over. It is part
	// of the key layout, so all replicas must agree: a constant. Few, because
	// every tag of a batch costs a script start.
	hashTags = 4
	// maxKeysPerTrip bounds one round trip: scripts block Redis, and Lua's
	// unpack has a limit.
	maxKeysPerTrip = 512
)

// redisKey is prefix{tag}key. The tag comes before the key, so that braces in
// the key do not matter to the cluster's hashing.
func (s *Store) redisKey(key string) (string, int) {
	tag := tagOf(key)
	b := make([]byte, 0, len(s.opt.Prefix)+len(key)+3)
	b = append(b, s.opt.Prefix...)
	b = append(b, '{', '0'+byte(tag), '}')
	b = append(b, key...)
	return string(b), tag
}

// tagOf is FNV-1a (32 bit) modulo hashTags.
func tagOf(key string) int {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return int(h % hashTags)
}

// operation is one script run over many records.
type operation struct {
	name   string
	script *redis.Script
	head   []any                           // arguments before the per-key ones
	width  int                             // arguments per key
	args   func(dst []any, i int) []any    // appends the arguments of record i
	answer func(i int, reply any, e error) // called exactly once per record sent
}

// piece is the part of a round trip that one script handles: keys of one tag,
// each at most once.
type piece struct {
	keys  []string
	index []int
	cmd   *redis.Cmd
	err   error // why there is no reply
}

// run sends the records named by index, whose keys key returns, in bounded
// round trips. Records with the same key are handled in their given order. It
// returns the first failure; each record's own is passed to answer. After a
// failed round trip the rest is not sent: Redis is away.
func (s *Store) run(ctx context.Context, op operation, index []int, key func(i int) string) error {
	for len(index) > 0 {
		n := min(len(index), maxKeysPerTrip)
		err := s.trip(ctx, op, s.plan(index[:n], key))
		index = index[n:]
		if err != nil {
			for _, i := range index {
				op.answer(i, nil, err)
			}
			return err
		}
	}
	return nil
}

// plan sorts records into pieces. A key that occurs again goes into a later
// piece, which the same node runs after the earlier one.
func (s *Store) plan(index []int, key func(i int) string) []*piece {
	var pieces []*piece
	seen := make(map[string]struct{}, len(index))
	for len(index) > 0 {
		var open [hashTags]*piece
		var again []int
		clear(seen)
		for _, i := range index {
			full, tag := s.redisKey(key(i))
			if _, dup := seen[full]; dup {
				again = append(again, i)
				continue
			}
			seen[full] = struct{}{}
			if open[tag] == nil {
				room := len(index)/hashTags + len(index)/16 + 1
				open[tag] = &piece{keys: make([]string, 0, room), index: make([]int, 0, room)}
				pieces = append(pieces, open[tag])
			}
			open[tag].keys = append(open[tag].keys, full)
			open[tag].index = append(open[tag].index, i)
		}
		index = again
	}
	return pieces
}

// trip sends all pieces in one pipeline, and once more those whose script the
// server did not know: it refused them unrun.
func (s *Store) trip(ctx context.Context, op operation, pieces []*piece) error {
	if err := ctx.Err(); err != nil {
		// The pipeline would report this as a failure of Redis.
		return s.fail(ctx, op, pieces, err)
	}
	s.exec(ctx, op, pieces, false)
	var unknown []*piece
	for _, p := range pieces {
		if redis.HasErrorPrefix(p.err, "NOSCRIPT") {
			unknown = append(unknown, p)
		}
	}
	if len(unknown) > 0 {
		s.exec(ctx, op, unknown, true)
	}
	var first error
	for _, p := range pieces {
		if err := s.deliver(ctx, op, p); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (s *Store) exec(ctx context.Context, op operation, pieces []*piece, withSource bool) {
	ctx, cancel := context.WithTimeout(ctx, s.opt.CallTimeout)
	defer cancel()
	pipe := s.client.Pipeline()
	for _, p := range pieces {
		args := make([]any, 0, len(op.head)+op.width*len(p.index))
		args = append(args, op.head...)
		for _, i := range p.index {
			args = op.args(args, i)
		}
		if withSource {
			p.cmd = op.script.Eval(ctx, pipe, p.keys, args...)
		} else {
			p.cmd = op.script.EvalSha(ctx, pipe, p.keys, args...)
		}
	}
	_, failed := pipe.Exec(ctx)
	for _, p := range pieces {
		// A connection that could not be set up, by a wrong password for one, leaves
		// the commands without reply and without error of their own.
		if p.err = p.cmd.Err(); p.err == nil && p.cmd.Val() == nil {
			p.err = failed
		}
	}
}

// deliver hands out a piece's replies.
func (s *Store) deliver(ctx context.Context, op operation, p *piece) error {
	var replies []any
	err := p.err
	if err == nil {
		replies, err = p.cmd.Slice()
	}
	if err == nil && len(replies) != len(p.index) {
		err = fmt.Errorf("script answered %d of %d records", len(replies), len(p.index))
	}
	if err != nil {
		return s.fail(ctx, op, []*piece{p}, err)
	}
	for n, i := range p.index {
		op.answer(i, replies[n], nil)
	}
	return nil
}

func (s *Store) fail(ctx context.Context, op operation, pieces []*piece, err error) error {
	err = unavailable(ctx, op.name, err)
	for _, p := range pieces {
		for _, i := range p.index {
			op.answer(i, nil, err)
		}
	}
	return err
}
