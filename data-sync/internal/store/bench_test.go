package store

import (
	"fmt"
	"testing"
	"time"

	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/report"
)

// benchRow is a row as an SDTM AE file brings it: some 20 columns.
func benchRow(n int) report.Row {
	r := textRow(int64(n), fmt.Sprintf("R%07d", n), fmt.Sprintf("pain in the left arm, episode %d", n))
	r.Serious = n%10 == 0
	for i := range 18 {
		r.Fields = append(r.Fields, report.Field{Name: fmt.Sprintf("AECOL%02d", i), Value: fmt.Sprintf("value %d", n+i)})
	}
	return r
}

func benchBatch(importID string, sequence int32, first, n int) report.Batch {
	rows := make([]report.Row, n)
	for i := range rows {
		rows[i] = benchRow(first + i)
	}
	return report.Batch{ImportID: importID, Sequence: sequence, Digest: fmt.Sprint(sequence), Source: "edc", FileHash: importID, Rows: rows}
}

func BenchmarkApplyBatch(b *testing.B) {
	const size = 1000
	b.Run("new", func(b *testing.B) {
		s := openSQLite(b)
		next := 0
		for sequence := int32(FirstSequence); b.Loop(); sequence++ {
			b.StopTimer()
			batch := benchBatch("new", sequence, next, size)
			next += size
			b.StartTimer()
			if _, err := s.ApplyBatch(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*size/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("unchanged", func(b *testing.B) {
		s := openSQLite(b)
		batch := benchBatch("first", FirstSequence, 0, size)
		if _, err := s.ApplyBatch(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
		for n := 0; b.Loop(); n++ {
			batch.ImportID = fmt.Sprintf("again-%d", n)
			if _, err := s.ApplyBatch(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*size/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkCommitChunk commits chunks of 500 results, most of them codings, in
// a store of 50,000 reports.
func BenchmarkCommitChunk(b *testing.B) {
	const size, reports = 500, 50_000
	var s *Store
	var pass nightly.Pass
	fill := func() {
		s = openSQLite(b)
		for n := range reports / 1000 {
			if _, err := s.ApplyBatch(b.Context(), benchBatch("load", int32(FirstSequence+n), n*1000, 1000)); err != nil {
				b.Fatal(err)
			}
		}
		var err error
		if pass, _, err = s.OpenPass(b.Context(), openReq("all", size)); err != nil {
			b.Fatal(err)
		}
	}
	fill()
	left := reports / size
	for b.Loop() {
		b.StopTimer()
		if left == 0 {
			fill()
			left = reports / size
		}
		left--
		chunk, ok, err := s.ClaimChunk(b.Context(), pass.RunID, pass.Number, "me", time.Minute)
		if err != nil || !ok {
			b.Fatal(ok, err)
		}
		list, err := s.Items(b.Context(), chunk)
		if err != nil || len(list) != size {
			b.Fatal(len(list), err)
		}
		results := codeAll(list)
		for i := 0; i < len(results); i += 5 {
			results[i] = reviewOf(list[i])
		}
		b.StartTimer()
		done, err := s.CommitChunk(b.Context(), chunk, results, 0)
		if err != nil || !done.Done {
			b.Fatal(done.Done, err)
		}
	}
	b.ReportMetric(float64(b.N)*size/b.Elapsed().Seconds(), "reports/s")
}

func BenchmarkPass(b *testing.B) {
	const reports = 50_000
	s := openSQLite(b)
	for n := range reports / 1000 {
		if _, err := s.ApplyBatch(b.Context(), benchBatch("load", int32(FirstSequence+n), n*1000, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	var opening, reading, ending time.Duration
	for b.Loop() {
		begin := time.Now()
		pass, opened, err := s.OpenPass(b.Context(), openReq("all", 500))
		if err != nil || !opened {
			b.Fatal(opened, err)
		}
		opening += time.Since(begin)
		begin = time.Now()
		if _, err = s.Pass(b.Context(), pass.RunID, pass.Number); err != nil {
			b.Fatal(err)
		}
		reading += time.Since(begin)
		begin = time.Now()
		if _, err = s.EndPass(b.Context(), pass.RunID, pass.Number, nightly.Partial, "bench", "BENCH"); err != nil {
			b.Fatal(err)
		}
		ending += time.Since(begin)
	}
	n := float64(b.N)
	b.ReportMetric(float64(opening.Milliseconds())/n, "open-ms")
	b.ReportMetric(float64(reading.Milliseconds())/n, "read-ms")
	b.ReportMetric(float64(ending.Milliseconds())/n, "end-ms")
}
