package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
)

// The limits of a batch of look-ups, in rows and bytes.
const (
	batchRows  = 2000
	batchBytes = 4 << 20
)

// maxMissing is the maximum number of rows not found that are remembered. Beyond it,
// equal rows are counted again.
const maxMissing = 1_000_000

// matcher looks up the files' rows in the database, in batches. It is the sink of
// readInput.
type matcher struct {
	db     *database
	found  *findings
	source string

	file, hash string
	rows       []row
	unread     []unread
	size       int

	// in counts the distinct rows, inUnreadable those that the database keeps as
	// unreadable.
	in, inUnreadable int64
	// holding has the verbatim versions that hold a row, kept the unreadable rows of
	// the database that were found.
	holding map[int64]*bits
	kept    bits
	// missing and places are the rows that were not found.
	salt            [16]byte
	missing, places map[[16]byte]struct{}
}

type unread struct {
	line int64
	raw  []byte
}

func newMatcher(db *database, found *findings, source string) *matcher {
	m := &matcher{db: db, found: found, source: source, holding: make(map[int64]*bits),
		missing: make(map[[16]byte]struct{}), places: make(map[[16]byte]struct{})}
	// crypto/rand never fails.
	_, _ = rand.Read(m.salt[:])
	return m
}

func (m *matcher) begin(name, hash string) { m.file, m.hash = name, hash }

func (m *matcher) row(ctx context.Context, r row) error {
	m.rows = append(m.rows, r)
	return m.grown(ctx, len(r.content.verbatim)+len(r.content.raw))
}

func (m *matcher) unreadable(ctx context.Context, line int64, raw []byte) error {
	m.unread = append(m.unread, unread{line, bytes.Clone(raw)})
	return m.grown(ctx, len(raw))
}

func (m *matcher) grown(ctx context.Context, bytes int) error {
	if m.size += bytes; m.size < batchBytes && len(m.rows)+len(m.unread) < batchRows {
		return nil
	}
	return m.flush(ctx)
}

func (m *matcher) flush(ctx context.Context) error {
	if err := m.matchRows(ctx); err != nil {
		return fmt.Errorf("look up its rows: %w", err)
	}
	if err := m.matchUnreadable(ctx); err != nil {
		return fmt.Errorf("look up its unreadable rows: %w", err)
	}
	m.rows, m.unread, m.size = m.rows[:0], m.unread[:0], 0
	return nil
}

// held is a version in a report's history that holds a row.
type held struct {
	report, version int64
	// present: it is the report's present version.
	present bool
}

// better reports whether h is a better match for a row than o: a present version is
// better than an earlier one, otherwise the first version is better.
func (h held) better(o held) bool {
	switch {
	case o.report == 0:
		return true
	case h.present != o.present:
		return h.present
	case h.report != o.report:
		return h.report < o.report
	}
	return h.version < o.version
}

func (m *matcher) matchRows(ctx context.Context) error {
	if len(m.rows) == 0 {
		return nil
	}
	type name struct{ study, record string }
	asked := make(map[name]int)
	var keys [][]string
	var byName [][]int
	for i, r := range m.rows {
		n := name{r.study, r.recordID}
		at, ok := asked[n]
		if !ok {
			at = len(keys)
			asked[n] = at
			keys = append(keys, []string{r.study, r.recordID})
			byName = append(byName, nil)
		}
		byName[at] = append(byName[at], i)
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	best := make([]held, len(m.rows))
	// With CROSS JOIN, SQLite does not begin with the table reports.
	err = m.db.each(ctx, `SELECT j.pos, r.id, v.verbatim_version, CASE WHEN r.verbatim_version = v.verbatim_version THEN 1 ELSE 0 END,
			v.verbatim, v.verbatim_raw, v.language
		FROM `+m.db.list("$1", "study", "record_id")+` AS j CROSS JOIN ae_reports r JOIN report_versions v ON v.report_id = r.id
		WHERE r.source = $2 AND r.study = j.study AND r.record_id = j.record_id`, []any{string(list), m.source},
		func(rows *sql.Rows) error {
			var at int
			var h held
			var verbatim, raw sql.RawBytes
			var language string
			if err := rows.Scan(&at, &h.report, &h.version, &h.present, &verbatim, &raw, &language); err != nil {
				return err
			}
			for _, i := range byName[at] {
				c := &m.rows[i].content
				if c.language == language && c.verbatim == string(verbatim) && bytes.Equal(c.raw, raw) && h.better(best[i]) {
					best[i] = h
				}
			}
			return nil
		})
	if err != nil {
		return err
	}
	for i, r := range m.rows {
		if h := best[i]; h.report != 0 {
			if m.hold(h) {
				m.in++
			}
			continue
		}
		c := r.content
		m.lose(rowNotFound, r.line, m.key("row", r.study, r.recordID, c.verbatim, string(c.raw), c.language))
	}
	return nil
}

func (m *matcher) matchUnreadable(ctx context.Context) error {
	if len(m.unread) == 0 {
		return nil
	}
	keys := make([][]string, len(m.unread))
	for i, u := range m.unread {
		keys[i] = []string{strconv.FormatInt(u.line, 10), fmt.Sprintf("%x", sha256.Sum256(u.raw))}
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	ids := make([]int64, len(m.unread))
	err = m.db.each(ctx, `SELECT j.pos, u.id, u.raw FROM `+m.db.list("$1", "line", "hash")+` AS j CROSS JOIN unreadable_rows u
		WHERE u.file_hash = $2 AND u.line = CAST(j.line AS BIGINT) AND u.raw_hash = `+m.db.fromHex("j.hash"), []any{string(list), m.hash}, func(rows *sql.Rows) error {
		var at int
		var id int64
		var raw sql.RawBytes
		if err := rows.Scan(&at, &id, &raw); err != nil {
			return err
		}
		if bytes.Equal(raw, m.unread[at].raw) {
			ids[at] = id
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, u := range m.unread {
		if ids[i] != 0 {
			if m.kept.set(ids[i]) {
				m.in++
				m.inUnreadable++
			}
			continue
		}
		m.lose(unreadableNotFound, u.line, m.key("unreadable", m.hash, strconv.FormatInt(u.line, 10), string(u.raw)))
	}
	return nil
}

// hold marks a version. It gives false if it was marked before.
func (m *matcher) hold(h held) bool {
	b := m.holding[h.version]
	if b == nil {
		b = &bits{}
		m.holding[h.version] = b
	}
	return b.set(h.report)
}

// holds reports whether a version of a report holds a row of the files.
func (m *matcher) holds(report, version int64) bool {
	b := m.holding[version]
	return b != nil && b.has(report)
}

// lose counts a row that was not found; equal rows count once.
func (m *matcher) lose(kind fault, line int64, key [16]byte) {
	room := len(m.missing) < maxMissing
	if room {
		m.places[m.key("place", m.hash, strconv.FormatInt(line, 10))] = struct{}{}
	}
	if _, again := m.missing[key]; again {
		return
	}
	if room {
		m.missing[key] = struct{}{}
	}
	m.in++
	m.found.lost++
	m.found.tell(kind, m.file+":"+strconv.FormatInt(line, 10))
}

// lostAt reports whether the row at a line of a file was not found.
func (m *matcher) lostAt(hash string, line int64) bool {
	_, ok := m.places[m.key("place", hash, strconv.FormatInt(line, 10))]
	return ok
}

// key is a salted hash of texts, valid in this process only.
func (m *matcher) key(texts ...string) (k [16]byte) {
	h := sha256.New()
	h.Write(m.salt[:])
	for _, t := range texts {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(t))))
		h.Write([]byte(t))
	}
	copy(k[:], h.Sum(nil))
	return k
}

// bits is a set of database ids, one bit each: ids are dense.
type bits struct {
	pages map[int64]*[pageBits / 64]uint64
}

const pageBits = 1 << 15

// set adds id. It gives false if it was there before.
func (b *bits) set(id int64) bool {
	if b.pages == nil {
		b.pages = make(map[int64]*[pageBits / 64]uint64)
	}
	p := b.pages[id/pageBits]
	if p == nil {
		p = new([pageBits / 64]uint64)
		b.pages[id/pageBits] = p
	}
	word, bit := &p[id%pageBits/64], uint64(1)<<(id%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

func (b *bits) has(id int64) bool {
	p := b.pages[id/pageBits]
	return p != nil && p[id%pageBits/64]>>(id%64)&1 == 1
}
