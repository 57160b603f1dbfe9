package idempotency

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// maxKeysPerTrip is the maximum number of keys in one round trip. Scripts block
// Redis, and Lua's unpack has a limit.
const maxKeysPerTrip = 512

// operation is a script that runs over many records.
type operation struct {
	name   string
	script *redis.Script
	head   []any                           // the arguments before those of the keys
	width  int                             // the number of arguments per key
	args   func(dst []any, i int) []any    // appends the arguments of record i
	answer func(i int, reply any, e error) // called exactly once for each record
}

// piece is the part of a round trip that one script run handles: keys with one
// tag, each at most once.
type piece struct {
	keys  []string
	index []int
	cmd   *redis.Cmd
	err   error // why there is no reply
}

// run sends the records at the positions in index, whose keys key returns, in
// round trips of at most maxKeysPerTrip keys. Records with the same key are
// handled in their order in index. run passes the error of each record to answer
// and returns the first one. After a failed round trip it sends no further ones,
// because Redis is away.
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

// plan divides the records into pieces. A key that occurs again goes into a later
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

// trip sends all pieces in one pipeline. It sends those again whose script the
// server did not have, and so did not run.
func (s *Store) trip(ctx context.Context, op operation, pieces []*piece) error {
	if err := ctx.Err(); err != nil {
		// The pipeline would report the ended context as a failure of Redis.
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

// exec sends the pieces in one pipeline, with the source of the script or with its
// hash only.
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
		// If the connection could not be set up, for example because of a wrong
		// password, the commands have neither a reply nor an error.
		if p.err = p.cmd.Err(); p.err == nil && p.cmd.Val() == nil {
			p.err = failed
		}
	}
}

// deliver passes the replies of a piece to the operation's answer.
func (s *Store) deliver(ctx context.Context, op operation, p *piece) error {
	var replies []any
	err := p.err
	if err == nil {
		replies, err = p.cmd.Slice()
	}
	if err == nil && len(replies) != len(p.index) {
		err = fmt.Errorf("the script answered for %d of %d records", len(replies), len(p.index))
	}
	if err != nil {
		return s.fail(ctx, op, []*piece{p}, err)
	}
	for n, i := range p.index {
		op.answer(i, replies[n], nil)
	}
	return nil
}

// fail passes err to answer for all records of the pieces.
func (s *Store) fail(ctx context.Context, op operation, pieces []*piece, err error) error {
	err = unavailable(ctx, op.name, err)
	for _, p := range pieces {
		for _, i := range p.index {
			op.answer(i, nil, err)
		}
	}
	return err
}
