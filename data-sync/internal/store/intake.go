package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"aecode/data-sync/internal/report"
)

// FirstSequence is the Sequence of an import's first batch; the next ones count
// up by one.
const FirstSequence = 0

// maxBatchRows bounds what one transaction holds in memory.
const maxBatchRows = 10_000

var (
	// ErrPayloadMismatch says that a batch or its import was seen before under
	// the same identity with other content.
	ErrPayloadMismatch = errors.New("same identity, other payload")
	// ErrSequence is what a *SequenceError is.
	ErrSequence = errors.New("batch out of order")
	// ErrIdentityColumns says that an import identifies records by other columns than
	// its source does.
	ErrIdentityColumns = errors.New("other identity columns")
	// ErrInvalid says that a row or call cannot be stored as it is; nothing was.
	ErrInvalid = errors.New("invalid input to the store")
)

// SequenceError says that a batch came out of order: one is missing, or the
// import was complete already.
type SequenceError struct {
	ImportID  string
	Got, Want int32
	// Complete: the batch marked Last has been applied.
	Complete bool
}

// Error names the import and the batch it expects.
func (e *SequenceError) Error() string {
	if e.Complete {
		return fmt.Sprintf("import %s is complete after batch %d; batch %d came", e.ImportID, e.Want-1, e.Got)
	}
	return fmt.Sprintf("import %s expects batch %d, batch %d came", e.ImportID, e.Want, e.Got)
}

// Is makes a SequenceError an ErrSequence.
func (e *SequenceError) Is(target error) bool { return target == ErrSequence }

// ApplyBatch takes one batch of an import in, in one transaction. Applied again
// with the same Digest it changes nothing and answers what it answered first;
// with another Digest it returns ErrPayloadMismatch. Batches come in order from
// FirstSequence, else a *SequenceError. ErrInvalid names the line.
//
// Package admission decides what becomes of each row. What an import changes of a
// report is a further revision; nothing that came before is overwritten. A changed
// verbatim is PENDING again whoever decided the old one; the old coding becomes
// history.
//
// The answer's problems are those that only the store can see, such as
// duplicates: what a row says of itself (Hold, Unreadable) its parser has told.
func (s *Store) ApplyBatch(ctx context.Context, b report.Batch) (result report.BatchResult, err error) {
	if err := checkBatch(b); err != nil {
		return report.BatchResult{}, fmt.Errorf("apply batch %d of import %s: %w", b.Sequence, b.ImportID, err)
	}
	err = s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
		result, err = t.applyBatch(ctx, b)
		return err
	})
	if err != nil {
		return report.BatchResult{}, fmt.Errorf("apply batch %d of import %s: %w", b.Sequence, b.ImportID, err)
	}
	return result, nil
}

// Submit takes one report in, as a call brings it, and gives it as it now
// stands. The same report again is unchanged. ErrInvalid where it has no
// identity.
func (s *Store) Submit(ctx context.Context, row report.Row) (stored report.Report, outcome report.Outcome, err error) {
	if err := checkRow(row); err != nil {
		return report.Report{}, "", fmt.Errorf("submit report: %w", err)
	}
	err = s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
		in := newIntake(t, 0, "", report.Account{})
		if err := in.load(ctx, []report.Row{row}); err != nil {
			return err
		}
		decided := in.decide([]report.Row{row})[0]
		outcome = decided.Outcome
		if err := in.flush(ctx); err != nil {
			return err
		}
		var names []string
		for _, f := range slices.Concat(row.Fields, row.Volatile) {
			names = append(names, f.Name)
		}
		if outcome != report.Unchanged {
			if err := t.addColumns(ctx, names); err != nil {
				return err
			}
		}
		stored, err = t.report(ctx, decided.Report.ID)
		return err
	})
	if err != nil {
		return report.Report{}, "", fmt.Errorf("submit report %s: %w", row.Identity, err)
	}
	return stored, outcome, nil
}

func checkBatch(b report.Batch) error {
	for name, text := range map[string]string{"import id": b.ImportID, "digest": b.Digest} {
		if text == "" || !report.IsText(text) {
			return fmt.Errorf("%w: the %s is empty or no valid text", ErrInvalid, name)
		}
	}
	for name, text := range map[string]string{"source": b.Source, "file name": b.FileName, "file hash": b.FileHash, "reading": b.Reading} {
		if !report.IsText(text) {
			return fmt.Errorf("%w: the %s is no valid text", ErrInvalid, name)
		}
	}
	if b.Sequence < FirstSequence {
		return fmt.Errorf("%w: batches count from %d", ErrInvalid, FirstSequence)
	}
	if n := len(b.Rows) + len(b.Unreadable); n > maxBatchRows {
		return fmt.Errorf("%w: %d rows in one batch, at most %d", ErrInvalid, n, maxBatchRows)
	}
	for _, c := range b.Columns {
		if !report.IsText(c) {
			return fmt.Errorf("%w: a column's name is no valid text", ErrInvalid)
		}
	}
	for _, r := range b.Rows {
		if err := checkRow(r); err != nil {
			return err
		}
	}
	for _, u := range b.Unreadable {
		if u.Line < 1 || u.Reason == "" || !report.IsText(u.Reason) {
			return fmt.Errorf("%w: line %d: an unreadable row needs its line and a reason", ErrInvalid, u.Line)
		}
	}
	return nil
}

func checkRow(r report.Row) error {
	id := r.Identity
	switch {
	case id.Source == "" || id.RecordID == "":
		return fmt.Errorf("%w: line %d: source and record id must not be empty", ErrInvalid, r.Line)
	case !report.IsText(id.Source) || !report.IsText(id.Study) || !report.IsText(id.RecordID):
		return fmt.Errorf("%w: line %d: the identity is no valid text", ErrInvalid, r.Line)
	case !report.IsText(r.Language):
		return fmt.Errorf("%w: line %d: the language is no valid text", ErrInvalid, r.Line)
	case !report.IsText(string(r.Hold)):
		return fmt.Errorf("%w: line %d: the reason to hold is no valid text", ErrInvalid, r.Line)
	}
	return nil
}

// imported is an import as the database knows it.
type imported struct {
	number   int64
	last     int32
	complete bool
	account  report.Account
}

func (t *txn) applyBatch(ctx context.Context, b report.Batch) (report.BatchResult, error) {
	imp, err := t.openImport(ctx, b)
	if err != nil {
		return report.BatchResult{}, err
	}
	if b.Sequence <= imp.last {
		return t.replay(ctx, imp, b)
	}
	if imp.complete || b.Sequence != imp.last+1 {
		return report.BatchResult{}, &SequenceError{ImportID: b.ImportID, Got: b.Sequence, Want: imp.last + 1, Complete: imp.complete}
	}
	// Files of one source bring the same new reports, in whatever order: batches
	// that insert them at once would wait for each other in a circle.
	if err := t.lock(ctx, lockSources, ofSource(b.Source)); err != nil {
		return report.BatchResult{}, err
	}
	if err := t.fixIdentity(ctx, b); err != nil {
		return report.BatchResult{}, err
	}
	in := newIntake(t, imp.number, b.ImportID, imp.account)
	if err := in.load(ctx, b.Rows); err != nil {
		return report.BatchResult{}, err
	}
	in.decide(b.Rows)
	if err := in.flush(ctx); err != nil {
		return report.BatchResult{}, err
	}
	if err := in.keepUnreadable(ctx, b); err != nil {
		return report.BatchResult{}, err
	}
	// After the reports, as in Submit: one order of locks.
	if err := t.addColumns(ctx, b.Columns); err != nil {
		return report.BatchResult{}, err
	}
	slices.SortStableFunc(in.Problems, func(a, b report.RowProblem) int { return int(a.Line - b.Line) })
	result := report.BatchResult{Account: in.Account, Problems: in.Problems}
	return result, t.closeBatch(ctx, imp.number, b, result)
}

func (t *txn) openImport(ctx context.Context, b report.Batch) (imported, error) {
	var imp imported
	var source, fileHash string
	a := &imp.account
	found, err := t.row(ctx, `SELECT number, source, file_hash, last_sequence, complete,
		rows, new, unchanged, changed, held, unreadable, repeats, identity_repeated, duplicate_identity FROM imports WHERE id = $1`+t.s.d.lockRow, []any{b.ImportID},
		&imp.number, &source, &fileHash, &imp.last, &imp.complete,
		&a.Rows, &a.New, &a.Unchanged, &a.Changed, &a.Held, &a.Unreadable, &a.Repeats, &a.IdentityRepeated, &a.DuplicateIdentity)
	if err != nil {
		return imp, fmt.Errorf("read the import: %w", err)
	}
	if found {
		if source != b.Source || fileHash != b.FileHash {
			return imp, fmt.Errorf("%w: the import began with another source or file", ErrPayloadMismatch)
		}
		return imp, nil
	}
	imp.last = FirstSequence - 1
	if b.Sequence != FirstSequence {
		return imp, &SequenceError{ImportID: b.ImportID, Got: b.Sequence, Want: FirstSequence}
	}
	_, err = t.row(ctx, `INSERT INTO imports (id, source, file_name, file_hash, rows, new, unchanged, changed, held,
		unreadable, last_sequence, complete, started_at, updated_at, reading)
		VALUES ($1, $2, $3, $4, 0, 0, 0, 0, 0, 0, $5, 0, $6, $6, $7) RETURNING number`,
		[]any{b.ImportID, b.Source, b.FileName, b.FileHash, imp.last, t.now, b.Reading}, &imp.number)
	if err != nil {
		return imp, fmt.Errorf("begin the import: %w", err)
	}
	return imp, nil
}

func (t *txn) replay(ctx context.Context, imp imported, b report.Batch) (report.BatchResult, error) {
	var digest, account, problems string
	found, err := t.row(ctx, "SELECT digest, account, problems FROM import_batches WHERE import_number = $1 AND sequence = $2",
		[]any{imp.number, b.Sequence}, &digest, &account, &problems)
	switch {
	case err != nil:
		return report.BatchResult{}, fmt.Errorf("read the batch: %w", err)
	case !found:
		return report.BatchResult{}, &SequenceError{ImportID: b.ImportID, Got: b.Sequence, Want: imp.last + 1, Complete: imp.complete}
	case digest != b.Digest:
		return report.BatchResult{}, fmt.Errorf("%w: the batch was applied with other rows", ErrPayloadMismatch)
	}
	result := report.BatchResult{Replayed: true}
	if err := errors.Join(json.Unmarshal([]byte(account), &result.Account), json.Unmarshal([]byte(problems), &result.Problems)); err != nil {
		return report.BatchResult{}, fmt.Errorf("decode the answer given first: %w", err)
	}
	return result, nil
}

func (t *txn) closeBatch(ctx context.Context, number int64, b report.Batch, result report.BatchResult) error {
	a := result.Account
	if !a.Balanced() {
		return fmt.Errorf("the account does not balance: %+v", a)
	}
	account, err := json.Marshal(a)
	if err != nil {
		return err
	}
	problems, err := json.Marshal(result.Problems)
	if err != nil {
		return err
	}
	if _, err = t.exec(ctx, `INSERT INTO import_batches (import_number, sequence, digest, account, problems, received_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, number, b.Sequence, b.Digest, string(account), string(problems), t.now); err != nil {
		return fmt.Errorf("note the batch: %w", err)
	}
	if _, err = t.exec(ctx, `UPDATE imports SET rows = $2, new = $3, unchanged = $4, changed = $5, held = $6, unreadable = $7,
		last_sequence = $8, complete = $9, updated_at = $10, repeats = $11, identity_repeated = $12, duplicate_identity = $13
		WHERE number = $1`,
		number, a.Rows, a.New, a.Unchanged, a.Changed, a.Held, a.Unreadable, b.Sequence, boolInt(b.Last), t.now,
		a.Repeats, a.IdentityRepeated, a.DuplicateIdentity); err != nil {
		return fmt.Errorf("note the account: %w", err)
	}
	if b.Last {
		t.log(entry{actor: actorIntake, action: actionImport, detail: detail{Import: b.ImportID, Account: &a}})
	}
	return nil
}

var nameColumn = columns("name text")

// addColumns appends the columns not seen before, in their order.
func (t *txn) addColumns(ctx context.Context, names []string) error {
	var k keys
	for _, n := range names {
		if n != "" && report.IsText(n) {
			k.add(n)
		}
	}
	if k.none() {
		return nil
	}
	if _, err := t.exec(ctx, `INSERT INTO source_columns (name) SELECT j.name FROM `+t.s.d.keyRows(nameColumn, 1)+`
		WHERE NOT EXISTS (SELECT 1 FROM source_columns c WHERE c.name = j.name)
		ON CONFLICT (name) DO NOTHING`, k.args(t.s.d)...); err != nil {
		return fmt.Errorf("note the file's columns: %w", err)
	}
	return nil
}

var unreadableRows = insertion{
	table: "unreadable_rows",
	columns: columns(`import_number bigint, file_name text, file_hash text, line bigint, reason text, raw bytea, raw_hash bytea,
		received_at bigint`),
	tail: "ON CONFLICT (file_hash, line, raw_hash) DO NOTHING",
}

// keepUnreadable stores the raw rows, each once for its file, and counts them
// for this import.
func (in *intake) keepUnreadable(ctx context.Context, b report.Batch) error {
	if len(b.Unreadable) == 0 {
		return nil
	}
	fileHash := b.FileHash
	if fileHash == "" {
		// Without a hash, lines of different files must not be taken for one.
		fileHash = "import:" + b.ImportID
	}
	var args []any
	for _, u := range b.Unreadable {
		raw := u.Raw
		if raw == nil {
			raw = []byte{}
		}
		hash := sha256.Sum256(raw)
		args = append(args, in.importNumber, b.FileName, fileHash, u.Line, u.Reason, raw, hash[:], in.t.now)
		in.Account.Rows++
		in.Account.Unreadable++
	}
	if err := in.t.insert(ctx, unreadableRows, args, nil); err != nil {
		return fmt.Errorf("keep unreadable rows: %w", err)
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
