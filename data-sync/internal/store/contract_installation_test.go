package store

import (
	"bytes"
	"testing"

	"aecode/data-sync/internal/report"
)

func TestTheInstallationKeyIsMadeOnceAndKept(t *testing.T) {
	cfg := DefaultConfig(t.TempDir() + "/aecode.db")
	var first []byte
	for range 2 { // the second is a restart
		s, err := Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			key, err := s.InstallationKey(t.Context())
			if err != nil || len(key) != keyBytes {
				t.Fatalf("%d bytes, %v", len(key), err)
			}
			if first == nil {
				first = key
			}
			if !bytes.Equal(key, first) {
				t.Error("the key has changed")
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestThePiecesOfOneOverlongLineAreAllKeptOnce(t *testing.T) {
	s, err := Open(t.Context(), DefaultConfig(t.TempDir()+"/aecode.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
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
