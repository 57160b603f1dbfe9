package single_test

import (
	"strings"
	"testing"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// TestEveryIdentityMakesAKeyOfItsOwnThatRedisTakes uses the longest parts that
// intake allows, and two identities that look alike when written in a row.
func TestEveryIdentityMakesAKeyOfItsOwnThatRedisTakes(t *testing.T) {
	w := newWorld(t)
	keys := make(map[string]bool)
	w.coder.before = func(run.Term) {
		for key := range w.claims.records {
			if len(key) > idempotency.MaxKeyLen {
				t.Errorf("a key of %d bytes, at most %d are taken", len(key), idempotency.MaxKeyLen)
			}
			keys[key] = true
		}
	}
	long := strings.Repeat("x", 200)
	for _, id := range []report.Identity{
		{Source: long, Study: long, RecordID: long},
		{Source: "a/b", Study: "c", RecordID: "1"},
		{Source: "a", Study: "b/c", RecordID: "1"},
	} {
		call := identified("Headache")
		call.Row.Identity = id
		w.sync(t, call)
	}
	if len(keys) != 3 {
		t.Errorf("%d keys for 3 identities", len(keys))
	}
}
