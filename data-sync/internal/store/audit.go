package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// ErrAuditBroken says that the audit is not what was written: an entry was
// changed, removed or put in.
var ErrAuditBroken = errors.New("audit chain broken")

// The actors of the audit that are no persons; people appear by their name.
const (
	actorIntake  = "intake"
	actorNightly = "nightly"
	actorCall    = "call"
)

// The actions of the audit.
const (
	actionReceived   = "report.received"
	actionVerbatim   = "report.verbatim_changed"
	actionFields     = "report.fields_changed"
	actionHeld       = "report.held"
	actionRepeated   = "report.repeated"
	actionCoded      = "report.coded"
	actionReview     = "report.review"
	actionImport     = "import.completed"
	actionPassOpened = "pass.opened"
	actionPassEnded  = "pass.ended"
)

// entry is one line of the audit: who, what, on which report. reportID is 0
// where it is about no report.
type entry struct {
	actor    string
	action   string
	reportID int64
	detail   detail
}

// detail is an audit entry's JSON. It holds states, codes and versions, and has
// no place for a verbatim or the name of a term (which may equal one).
type detail struct {
	OldStatus  report.Status   `json:"old_status,omitempty"`
	OldReason  report.Reason   `json:"old_reason,omitempty"`
	OldVersion int             `json:"old_version,omitempty"`
	NewStatus  report.Status   `json:"new_status,omitempty"`
	NewReason  report.Reason   `json:"new_reason,omitempty"`
	NewVersion int             `json:"new_version,omitempty"`
	Revision   int             `json:"revision,omitempty"`
	OldSerious string          `json:"old_seriousness,omitempty"`
	NewSerious string          `json:"new_seriousness,omitempty"`
	Import     string          `json:"import,omitempty"`
	Line       int64           `json:"line,omitempty"`
	Superseded []int64         `json:"superseded_codings,omitempty"`
	Coding     int64           `json:"coding,omitempty"`
	LLT        string          `json:"llt,omitempty"`
	PT         string          `json:"pt,omitempty"`
	SOC        string          `json:"soc,omitempty"`
	Method     string          `json:"method,omitempty"`
	Dictionary string          `json:"dictionary,omitempty"`
	Language   string          `json:"language,omitempty"`
	Synonyms   string          `json:"synonym_version,omitempty"`
	Engine     string          `json:"engine_version,omitempty"`
	Run        string          `json:"run,omitempty"`
	Pass       int             `json:"pass,omitempty"`
	State      run.State       `json:"state,omitempty"`
	Reason     string          `json:"reason,omitempty"`
	Members    *int64          `json:"members,omitempty"`
	Account    *report.Account `json:"account,omitempty"`
	Summary    *summary        `json:"summary,omitempty"`
}

// log adds an entry to the transaction; chain writes them.
func (t *txn) log(e entry) { t.entries = append(t.entries, e) }

var auditEntries = insertion{
	table:   "audit",
	columns: columns("id bigint, tx bigint, at bigint, actor text, action text, report_id " + nullableBigint + ", detail text"),
}

// chain writes the transaction's entries and one link that holds their hash and
// the hash before. Entries get numbers without gaps, so that a missing one
// shows.
func (t *txn) chain(ctx context.Context) error {
	if len(t.entries) == 0 {
		return nil
	}
	_, _, err := t.link(ctx)
	return err
}

// link is chain, and gives the new head. With no entries it gives the head as
// it stands.
func (t *txn) link(ctx context.Context) (tx int64, head string, err error) {
	var last int64
	if err = t.lock(ctx, lockClass, lockAudit); err != nil {
		return 0, "", err
	}
	if _, err = t.row(ctx, "SELECT tx, last_id, hash FROM audit_chain ORDER BY tx DESC LIMIT 1", nil, &tx, &last, &head); err != nil {
		return 0, "", fmt.Errorf("read the audit head: %w", err)
	}
	if len(t.entries) == 0 {
		return tx, head, nil
	}
	tx++
	sum := newLink(head)
	args := make([]any, 0, 7*len(t.entries))
	for i, e := range t.entries {
		text, err := json.Marshal(e.detail)
		if err != nil {
			return 0, "", fmt.Errorf("encode an audit entry: %w", err)
		}
		id := last + 1 + int64(i)
		sum.add(id, t.now, e.actor, e.action, e.reportID, string(text))
		args = append(args, id, tx, t.now, e.actor, e.action, nullable(e.reportID), string(text))
	}
	next := sum.hash()
	if err = t.insert(ctx, auditEntries, args, nil); err != nil {
		return 0, "", fmt.Errorf("write the audit: %w", err)
	}
	if _, err = t.exec(ctx, "INSERT INTO audit_chain (tx, first_id, last_id, previous, hash) VALUES ($1, $2, $3, $4, $5)",
		tx, last+1, last+int64(len(t.entries)), head, next); err != nil {
		return 0, "", fmt.Errorf("chain the audit: %w", err)
	}
	t.entries, t.linkTx, t.linkHash = nil, tx, next
	return tx, next, nil
}

func nullable(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}

// link is the hash of one transaction's entries: SHA-256 over the previous
// link's hash and then, for each entry, its numbers as 8 bytes big-endian and
// its texts with their length as 8 bytes before them, in the order of
// linkHash.add. A missing report is 0.
type linkHash struct {
	h   hash.Hash
	buf []byte
}

func newLink(previous string) *linkHash {
	l := &linkHash{h: sha256.New()}
	l.text(previous)
	return l
}

func (l *linkHash) number(n int64) { l.buf = binary.BigEndian.AppendUint64(l.buf, uint64(n)) } //nolint:gosec // only the bits count

func (l *linkHash) text(s string) {
	l.number(int64(len(s)))
	l.buf = append(l.buf, s...)
}

func (l *linkHash) add(id, at int64, actor, action string, reportID int64, detail string) {
	l.number(id)
	l.number(at)
	l.text(actor)
	l.text(action)
	l.number(reportID)
	l.text(detail)
	l.flush()
}

func (l *linkHash) flush() {
	l.h.Write(l.buf)
	l.buf = l.buf[:0]
}

func (l *linkHash) hash() string {
	l.flush()
	return hex.EncodeToString(l.h.Sum(nil))
}

// AuditHead is the hash of the newest link; empty while nothing has happened.
func (s *Store) AuditHead(ctx context.Context) (string, error) {
	var head string
	if _, err := s.rowRead(ctx, "SELECT hash FROM audit_chain ORDER BY tx DESC LIMIT 1", nil, &head); err != nil {
		return "", fmt.Errorf("read the audit head: %w", err)
	}
	return head, nil
}

// auditPage is how many links or entries VerifyAudit holds at once.
const auditPage = 1000

// VerifyAudit computes the whole chain again and compares, and checks that the
// heads which finished passes noted are still in it (so that a chain cut off
// at its end shows as well). It returns ErrAuditBroken with the place.
func (s *Store) VerifyAudit(ctx context.Context) error {
	var tx, lastID int64
	head := ""
	for {
		links, err := s.linksAfter(ctx, tx)
		if err != nil {
			return fmt.Errorf("verify audit: %w", err)
		}
		if len(links) == 0 {
			break
		}
		for _, l := range links {
			switch {
			case l.tx != tx+1:
				return fmt.Errorf("verify audit: %w: link %d follows link %d", ErrAuditBroken, l.tx, tx)
			case l.previous != head:
				return fmt.Errorf("verify audit: %w: link %d does not name the link before", ErrAuditBroken, l.tx)
			case l.first != lastID+1 || l.last < l.first:
				return fmt.Errorf("verify audit: %w: link %d covers entries %d to %d after %d", ErrAuditBroken, l.tx, l.first, l.last, lastID)
			}
			if err := s.verifyLink(ctx, l); err != nil {
				return fmt.Errorf("verify audit: %w", err)
			}
			tx, lastID, head = l.tx, l.last, l.hash
		}
	}
	return s.verifyEnds(ctx, lastID)
}

type chainLink struct {
	tx, first, last int64
	previous, hash  string
}

func (s *Store) linksAfter(ctx context.Context, tx int64) (links []chainLink, err error) {
	err = s.eachRead(ctx, func() { links = nil },
		"SELECT tx, first_id, last_id, previous, hash FROM audit_chain WHERE tx > $1 ORDER BY tx LIMIT $2", []any{tx, auditPage},
		func(r *sql.Rows) error {
			var l chainLink
			if err := r.Scan(&l.tx, &l.first, &l.last, &l.previous, &l.hash); err != nil {
				return err
			}
			links = append(links, l)
			return nil
		})
	return links, err
}

func (s *Store) verifyLink(ctx context.Context, l chainLink) error {
	type line struct {
		id, tx, at, reportID  int64
		actor, action, detail string
	}
	sum := newLink(l.previous)
	for next := l.first; next <= l.last; {
		var page []line
		err := s.eachRead(ctx, func() { page = nil }, `SELECT id, tx, at, actor, action, coalesce(report_id, 0), detail FROM audit
			WHERE id >= $1 AND id <= $2 ORDER BY id LIMIT $3`, []any{next, l.last, auditPage},
			func(r *sql.Rows) error {
				var e line
				err := r.Scan(&e.id, &e.tx, &e.at, &e.actor, &e.action, &e.reportID, &e.detail)
				page = append(page, e)
				return err
			})
		if err != nil {
			return err
		}
		for _, e := range page {
			if e.id != next || e.tx != l.tx {
				return fmt.Errorf("%w: entry %d of transaction %d where entry %d of transaction %d belongs", ErrAuditBroken, e.id, e.tx, next, l.tx)
			}
			sum.add(e.id, e.at, e.actor, e.action, e.reportID, e.detail)
			next++
		}
		if len(page) == 0 {
			return fmt.Errorf("%w: entry %d is missing", ErrAuditBroken, next)
		}
	}
	if sum.hash() != l.hash {
		return fmt.Errorf("%w: an entry of transaction %d (entries %d to %d) was changed", ErrAuditBroken, l.tx, l.first, l.last)
	}
	return nil
}

func (s *Store) verifyEnds(ctx context.Context, lastID int64) error {
	var stray int64
	// Entries written while this ran have their link by the time they show, so
	// only those without one are strays.
	if _, err := s.rowRead(ctx,
		"SELECT count(*) FROM audit WHERE id > $1 AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.tx = audit.tx)",
		[]any{lastID}, &stray); err != nil {
		return fmt.Errorf("verify audit: %w", err)
	}
	if stray > 0 {
		return fmt.Errorf("verify audit: %w: %d entries without a link", ErrAuditBroken, stray)
	}
	var run string
	var number int
	found, err := s.rowRead(ctx,
		`SELECT run_id, number FROM passes p WHERE audit_head <> ''
		AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.tx = p.audit_tx AND c.hash = p.audit_head)
		ORDER BY id LIMIT 1`, nil, &run, &number)
	if err != nil {
		return fmt.Errorf("verify audit: %w", err)
	}
	if found {
		return fmt.Errorf("verify audit: %w: the head noted by run %s pass %d is not in it", ErrAuditBroken, run, number)
	}
	return nil
}

// millis gives d in whole milliseconds, as the database counts.
func millis(d time.Duration) int64 { return d.Milliseconds() }
