package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/metrics"
	"testing"
	"time"

	"aecode/data-sync/internal/report"
)

// goroutinesMade counts all that were ever started in this process.
func goroutinesMade(t *testing.T) uint64 {
	t.Helper()
	sample := []metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		t.Fatal("this Go does not count the goroutines it makes")
	}
	return sample[0].Value.Uint64()
}

// TestABatchNeedsNoGoroutineARow holds the number of goroutines to the
// configuration: what ends by itself, a moment later, piles up on a busy
// machine.
func TestABatchNeedsNoGoroutineARow(t *testing.T) {
	const rows = 1000
	s := openSQLite(t)
	for _, verbatim := range []string{"Headache", "Nausea"} { // new, then changed
		batch := make([]report.Row, rows)
		for i := range batch {
			batch[i] = textRow(int64(i+2), fmt.Sprintf("R%04d", i), verbatim)
		}
		before := goroutinesMade(t)
		newImport(t, s, verbatim).send(batch...)
		if made := goroutinesMade(t) - before; made > rows/10 {
			t.Errorf("%d rows of %s took %d goroutines", rows, verbatim, made)
		}
	}
}

func TestABatchThatOutlivesItsDeadlineWritesNothing(t *testing.T) {
	s := openSQLite(t)
	rows := make([]report.Row, maxBatchRows)
	for i := range rows {
		rows[i] = textRow(int64(i+2), fmt.Sprintf("R%05d", i), "Headache")
	}
	// Some way into the rows.
	ctx, cancel := context.WithTimeout(t.Context(), 25*time.Millisecond)
	defer cancel()
	if _, err := s.ApplyBatch(ctx, newImport(t, s, "big").batch(rows...)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err %v", err)
	}
	list, err := s.List(t.Context(), Filter{})
	if err != nil || len(list) > 0 {
		t.Errorf("%d reports, %v", len(list), err)
	}
	if _, _, err := s.Submit(t.Context(), textRow(0, "next", "Headache")); err != nil {
		t.Errorf("the next write: %v", err)
	}
}
