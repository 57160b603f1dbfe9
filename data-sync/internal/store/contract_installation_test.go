package store

import (
	"bytes"
	"testing"

	"aecode/data-sync/internal/report"
)

func theInstallationKeyIsKept(t *testing.T, s *Store) {
	first, err := s.InstallationKey(t.Context())
	if err != nil || len(first) != keyBytes {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	// Asked again, after a restart, and by another replica.
	for _, again := range []*Store{s, openStore(t, s.cfg)} {
		key, err := again.InstallationKey(t.Context())
		if err != nil || !bytes.Equal(key, first) {
			t.Errorf("the key has changed, %v", err)
		}
	}
}

func thePiecesOfOneLineAreKept(t *testing.T, s *Store) {
	for _, id := range []string{"first", "again"} {
		_, err := s.ApplyBatch(t.Context(), report.Batch{
			ImportID: id, Digest: "d", Source: "file", FileName: "a.csv", FileHash: "h", Columns: []string{"A"}, Last: true,
			Unreadable: []report.Unreadable{{Line: 7, Raw: []byte("one"), Reason: "TOO_LONG"}, {Line: 7, Raw: []byte("two"), Reason: "TOO_LONG"}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	if err := s.EachUnreadable(t.Context(), func(UnreadableRow) error { kept++; return nil }); err != nil {
		t.Fatal(err)
	}
	if kept != 2 {
		t.Errorf("%d pieces kept, want both, once", kept)
	}
}
