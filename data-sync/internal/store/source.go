package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aecode/data-sync/internal/report"
)

// Source is what the imports of one source must agree with.
type Source struct {
	// IdentityColumns identify a record; empty where no import has fixed them.
	IdentityColumns []string
	// HasReports: reports of this source are stored.
	HasReports bool
}

// Source returns what is known of a source system; a zero Source where nothing is.
func (s *Store) Source(ctx context.Context, name string) (Source, error) {
	var found Source
	var columns string
	known, err := s.rowRead(ctx, "SELECT identity FROM sources WHERE source = $1", []any{name}, &columns)
	if err == nil && known {
		found.IdentityColumns, err = decodeNames(columns)
	}
	if err == nil {
		var one int
		found.HasReports, err = s.rowRead(ctx, "SELECT 1 FROM ae_reports WHERE source = $1 LIMIT 1", []any{name}, &one)
	}
	if err != nil {
		return Source{}, fmt.Errorf("read source %s: %w", name, err)
	}
	return found, nil
}

// fixIdentity records the identity columns of a source with its first import, and
// refuses others later: the same report would come in as a new one.
func (t *txn) fixIdentity(ctx context.Context, b report.Batch) error {
	if len(b.IdentityColumns) == 0 {
		return nil
	}
	var stored string
	known, err := t.row(ctx, "SELECT identity FROM sources WHERE source = $1", []any{b.Source}, &stored)
	if err != nil {
		return fmt.Errorf("read the source's identity columns: %w", err)
	}
	if !known {
		columns, err := json.Marshal(b.IdentityColumns)
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, "INSERT INTO sources (source, identity, import_id, fixed_at) VALUES ($1, $2, $3, $4)",
			b.Source, string(columns), b.ImportID, t.now); err != nil {
			return fmt.Errorf("note the source's identity columns: %w", err)
		}
		return nil
	}
	columns, err := decodeNames(stored)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(columns, b.IdentityColumns, strings.EqualFold) {
		return fmt.Errorf("%w: reports of source %s are identified by %s, this import names %s; name the same ones, or give these reports a source of their own",
			ErrIdentityColumns, b.Source, strings.Join(columns, ","), strings.Join(b.IdentityColumns, ","))
	}
	return nil
}

func decodeNames(text string) (names []string, err error) {
	if json.Unmarshal([]byte(text), &names) != nil {
		return nil, errors.New("the identity column of the table sources is not the JSON this store writes")
	}
	return names, nil
}
