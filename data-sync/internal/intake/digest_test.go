package intake

import (
	"testing"
)

func TestDigestTellsEveryPartOfABatchApart(t *testing.T) {
	key := []byte("0123456789abcdef")
	base := DigestInput{Options: Options{Format: CSV, Encoding: UTF8, Source: "file", Mapping: Mapping{RecordID: []string{"A", "B"}, Study: "S"}}, FileHash: "h", Header: []byte("A,B"), Rows: []byte("1,2\n"), FirstLine: 2}
	digest := func(change func(*DigestInput)) string {
		in := base
		change(&in)
		d, err := Digest(key, in)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	same := digest(func(*DigestInput) {})
	if again := digest(func(*DigestInput) {}); again != same {
		t.Error("the same batch has two digests")
	}
	seen := map[string]string{same: "unchanged"}
	for name, change := range map[string]func(*DigestInput){
		"rows":      func(in *DigestInput) { in.Rows = []byte("1,3\n") },
		"header":    func(in *DigestInput) { in.Header = []byte("A,C") },
		"moved":     func(in *DigestInput) { in.Header, in.Rows = []byte("A,B1"), []byte(",2\n") },
		"line":      func(in *DigestInput) { in.FirstLine = 3 },
		"last":      func(in *DigestInput) { in.Last = true },
		"hash":      func(in *DigestInput) { in.FileHash = "i" },
		"source":    func(in *DigestInput) { in.Source = "edc" },
		"format":    func(in *DigestInput) { in.Format = NDJSON },
		"encoding":  func(in *DigestInput) { in.Encoding = GB18030 },
		"ids":       func(in *DigestInput) { in.Mapping.RecordID = []string{"A"} },
		"joined":    func(in *DigestInput) { in.Mapping.RecordID = []string{"AB"} },
		"shifted":   func(in *DigestInput) { in.Mapping.RecordID, in.Mapping.Study = []string{"A", "B", "S"}, "" },
		"verbatim":  func(in *DigestInput) { in.Mapping.Verbatim = "V" },
		"seriously": func(in *DigestInput) { in.Mapping.Serious = "V" },
		"language":  func(in *DigestInput) { in.Mapping.Language = "V" },
	} {
		d := digest(change)
		if other, twice := seen[d]; twice {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
	if other, err := Digest([]byte("another key of 16"), base); err != nil || other == same {
		t.Errorf("another key: %v", err)
	}
	if _, err := Digest([]byte("short"), base); err == nil {
		t.Error("a short key was accepted")
	}
}
