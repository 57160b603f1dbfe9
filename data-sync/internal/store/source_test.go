package store

import (
	"errors"
	"slices"
	"testing"
)

// The first import of a source fixes what identifies its records: with other columns
// the same reports would come in as new ones.
func theFirstImportFixesTheIdentityColumns(t *testing.T, s *Store) {
	known := func(source string, columns []string, hasReports bool) {
		t.Helper()
		got, err := s.Source(t.Context(), source)
		if err != nil || !slices.Equal(got.IdentityColumns, columns) || got.HasReports != hasReports {
			t.Errorf("%s: %+v, %v", source, got, err)
		}
	}
	known("edc", nil, false)
	newImport(t, s, "before").send(textRow(2, "A", "Headache")) // of a release that did not record them
	known("edc", nil, true)
	send := func(id, source string, columns ...string) error {
		imp := newImport(t, s, id)
		b := imp.batch(textRow(2, "A", "Headache"))
		b.Source, b.IdentityColumns = source, columns
		_, err := s.ApplyBatch(t.Context(), b)
		return err
	}
	if err := send("first", "edc", "USUBJID", "AESPID"); err != nil {
		t.Fatal(err)
	}
	known("edc", []string{"USUBJID", "AESPID"}, true)
	if err := send("same", "edc", "usubjid", "aespid"); err != nil {
		t.Errorf("the same columns in other letters: %v", err)
	}
	for _, columns := range [][]string{{"AESPID"}, {"AESPID", "USUBJID"}, {"USUBJID", "AESPID", "VISIT"}} {
		err := send("other", "edc", columns...)
		if !errors.Is(err, ErrIdentityColumns) {
			t.Errorf("%v: %v", columns, err)
		}
	}
	if n := number(t, s, "SELECT count(*) FROM imports WHERE id = 'other'"); n != 0 {
		t.Error("the refused import left a trace")
	}
	if err := send("another", "phone", "AESPID"); err != nil {
		t.Errorf("another source: %v", err)
	}
}
