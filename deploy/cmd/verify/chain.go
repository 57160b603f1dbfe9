package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
)

// link is the chain link that covers one transaction's entries of the audit.
type link struct {
	tx, first, last int64
	previous, hash  string
}

// entry is one entry of the audit; report is 0 if it is about no report.
type entry struct {
	id, tx, at, report    int64
	actor, action, detail string
}

// verifyChain computes the audit's hashes again. A link's hash is SHA-256 over the
// previous link's hash and then, for each entry, id, at, actor, action, report and
// detail. A number is 8 bytes, big-endian; a text follows its length, which is such a
// number. It also checks that the numbers of links and entries have no gaps, and that
// the hashes that ended passes noted are among the links.
//
// broken is the first fault, head the newest link's hash. passes receives the ends of
// passes that are in the audit.
func verifyChain(ctx context.Context, db *database, passes *passes) (broken, head string, err error) {
	links, err := openStream(ctx, db, "audit_links", "SELECT tx, first_id, last_id, previous, hash FROM audit_chain ORDER BY tx",
		func(r *sql.Rows, l *link) error { return r.Scan(&l.tx, &l.first, &l.last, &l.previous, &l.hash) })
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, links.close(ctx)) }()
	entries, err := openStream(ctx, db, "audit_entries", `SELECT id, tx, at, actor, action, coalesce(report_id, 0), detail
		FROM audit ORDER BY id`, scanEntry)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, entries.close(ctx)) }()

	c := &chain{entries: entries, passes: passes}
	for {
		l, err := links.peek(ctx)
		if err != nil {
			return "", "", err
		}
		if l == nil {
			break
		}
		if c.broken == "" {
			if err := c.follow(ctx, l); err != nil {
				return "", "", err
			}
		}
		if hash, ok := passes.heads[l.tx]; ok && hash == l.hash {
			delete(passes.heads, l.tx)
		}
		c.last = *l
		links.take()
	}
	if err := c.rest(ctx); err != nil {
		return "", "", err
	}
	for tx := range passes.heads {
		c.breaks("link %d: it is missing, or an ended pass noted another hash", tx)
	}
	return c.broken, c.last.hash, nil
}

func scanEntry(r *sql.Rows, e *entry) error {
	return r.Scan(&e.id, &e.tx, &e.at, &e.actor, &e.action, &e.report, &e.detail)
}

// chain is the state of the walk through the audit.
type chain struct {
	entries *stream[entry]
	passes  *passes
	last    link
	broken  string
}

// breaks keeps the first fault.
func (c *chain) breaks(format string, args ...any) {
	if c.broken == "" {
		c.broken = fmt.Sprintf(format, args...)
	}
}

// follow checks one link and its entries.
func (c *chain) follow(ctx context.Context, l *link) error {
	switch {
	case l.tx != c.last.tx+1:
		c.breaks("link %d: it follows link %d", l.tx, c.last.tx)
	case l.previous != c.last.hash:
		c.breaks("link %d: it does not have the hash of the link before it", l.tx)
	case l.first != c.last.last+1 || l.last < l.first:
		c.breaks("link %d: it covers entries %d to %d, after %d", l.tx, l.first, l.last, c.last.last)
	}
	sum := sha256.New()
	buf := appendText(nil, l.previous)
	for id := l.first; id <= l.last && c.broken == ""; id++ {
		e, err := c.entries.peek(ctx)
		switch {
		case err != nil:
			return err
		case e == nil || e.id > id:
			c.breaks("entry %d: it is missing", id)
			return nil
		case e.id < id || e.tx != l.tx:
			c.breaks("entry %d: it is in transaction %d, not where it belongs", e.id, e.tx)
			return nil
		}
		buf = appendNumber(appendNumber(buf, e.id), e.at)
		buf = appendText(appendText(buf, e.actor), e.action)
		buf = appendText(appendNumber(buf, e.report), e.detail)
		sum.Write(buf)
		buf = buf[:0]
		c.note(e)
	}
	if c.broken == "" && hex.EncodeToString(sum.Sum(nil)) != l.hash {
		c.breaks("entries %d to %d (transaction %d): one of them, or their hash, was changed", l.first, l.last, l.tx)
	}
	return nil
}

// rest goes through the entries that no link covers, or that a broken chain does not
// reach.
func (c *chain) rest(ctx context.Context) error {
	for {
		e, err := c.entries.peek(ctx)
		if err != nil || e == nil {
			return err
		}
		c.breaks("entry %d: no link covers it", e.id)
		c.note(e)
	}
}

func (c *chain) note(e *entry) {
	if e.action == actionPassEnded {
		c.passes.noteEnd(e.detail)
	}
	c.entries.take()
}

func appendNumber(buf []byte, n int64) []byte { return binary.BigEndian.AppendUint64(buf, uint64(n)) } //nolint:gosec // its bits, as the audit has them

func appendText(buf []byte, s string) []byte {
	return append(appendNumber(buf, int64(len(s))), s...)
}
