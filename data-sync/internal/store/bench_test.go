package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// benchRow is a row as an SDTM AE file brings it: some 20 columns.
func benchRow(n int) report.Row {
	r := textRow(int64(n), fmt.Sprintf("R%07d", n), fmt.Sprintf("pain in the left arm, episode %d", n))
	if n%10 == 0 {
		r.Serious = report.Serious
	}
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

// engines are what every figure is measured on. PostgreSQL runs with fsync, as
// SQLite does.
var engines = []struct {
	name string
	open func(testing.TB) *Store
}{
	{"sqlite", openSQLite},
	{"postgres", openDurablePG},
}

// openDurablePG gives a database on a server of its own.
func openDurablePG(b testing.TB) *Store {
	b.Helper()
	pg, err := localserver.StartPostgres(b.Context(), localserver.PostgresOptions{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			b.Error(err)
		}
	})
	if err := pg.CreateDatabase(b.Context(), "bench", ""); err != nil {
		b.Fatal(err)
	}
	cfg := pgConfig(pg.URL("bench"))
	cfg.WriteTimeout = time.Minute // a pass may take ten times as long
	return openStore(b, cfg)
}

func BenchmarkApplyBatch(b *testing.B) {
	for _, e := range engines {
		b.Run("store="+e.name, func(b *testing.B) { applyBatch(b, e.open) })
	}
}

func applyBatch(b *testing.B, open func(testing.TB) *Store) {
	const size = 1000
	b.Run("new", func(b *testing.B) {
		s := open(b)
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
		s := open(b)
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
	for _, e := range engines {
		b.Run("store="+e.name, func(b *testing.B) { commitChunk(b, e.open) })
	}
}

func commitChunk(b *testing.B, open func(testing.TB) *Store) {
	const size, reports = 500, 50_000
	var s *Store
	var pass run.Pass
	fill := func() {
		s = open(b)
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
	for _, e := range engines {
		b.Run("store="+e.name, func(b *testing.B) { benchPass(b, e.open) })
	}
}

func benchPass(b *testing.B, open func(testing.TB) *Store) {
	const reports = 50_000
	s := open(b)
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
		if _, err = s.EndPass(b.Context(), pass.RunID, pass.Number, run.Partial, "bench", "BENCH"); err != nil {
			b.Fatal(err)
		}
		ending += time.Since(begin)
	}
	n := float64(b.N)
	b.ReportMetric(float64(opening.Milliseconds())/n, "open-ms")
	b.ReportMetric(float64(reading.Milliseconds())/n, "read-ms")
	b.ReportMetric(float64(ending.Milliseconds())/n, "end-ms")
}

// million puts n PENDING reports into an empty database, as an import would
// leave them, but for the audit.
func million(b testing.TB, s *Store, n int) {
	b.Helper()
	series := "generate_series(1, $1::bigint) AS g (n)"
	if !s.d.arrays {
		series = "(WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < $1) SELECT n FROM g) AS g"
	}
	for _, fill := range []string{
		`INSERT INTO ae_reports (id, source, study, record_id, variant, status, verbatim_version, serious, received_at, updated_at, status_since)
			SELECT n, 'edc', 'S1', 'R' || n, 0, 'PENDING', 1, CASE WHEN n % 10 = 0 THEN 1 ELSE 0 END, 1, 1, n FROM ` + series,
		`INSERT INTO report_revisions (report_id, revision, verbatim_version, serious, serious_unknown, fields, import_id, line, received_at)
			SELECT n, 1, 1, CASE WHEN n % 10 = 0 THEN 1 ELSE 0 END, 0,
			'[{"n":"AESPID","v":"' || n || '"},{"n":"AESTDTC","v":"2026-02-03"},{"n":"AESEV","v":"MODERATE"},{"n":"AEOUT","v":"RECOVERED"}]', 'load', n, 1
			FROM ` + series,
		`INSERT INTO report_versions (report_id, verbatim_version, verbatim, language, import_id, line, received_at)
			SELECT n, 1, 'pain in the left arm, episode ' || n, 'en', 'load', n, 1 FROM ` + series,
	} {
		alter(b, s, fill, n)
	}
}

// alter runs a statement of the test's own, however long it takes.
func alter(b testing.TB, s *Store, statement string, args ...any) {
	b.Helper()
	err := s.inWrite(b.Context(), time.Hour, time.Hour, func(ctx context.Context, t *txn) error {
		_, err := t.exec(ctx, statement, args...)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

// BenchmarkMillionMembers opens and ends passes of a million members, reads the
// progress when all but one of the chunks are done, and claims that one.
func BenchmarkMillionMembers(b *testing.B) {
	for _, e := range engines {
		b.Run("store="+e.name, func(b *testing.B) {
			const n = 1_000_000
			s := e.open(b)
			s.cfg.WriteTimeout = longestPass / 10
			million(b, s, n)
			ms := map[string]time.Duration{}
			took := func(what string, do func() error) {
				b.Helper()
				begin := time.Now()
				if err := do(); err != nil {
					b.Fatal(what, err)
				}
				ms[what] += time.Since(begin)
			}
			for range b.N {
				var p run.Pass
				took("open", func() (err error) { p, _, err = s.OpenPass(b.Context(), openReq("all", 500)); return err })
				if p.Read != n {
					b.Fatal(p)
				}
				// Half is left, as if an outage had come.
				alter(b, s, "UPDATE pass_members SET outcome = 'coded', tally = 'coded', detail = 'exact' WHERE run_id = $1 AND pass = $2 AND chunk_seq % 2 = 0", p.RunID, p.Number)
				alter(b, s, `UPDATE chunks SET state = 'DONE', tally = '{"coded":{"exact":500}}' WHERE run_id = $1 AND pass = $2 AND seq % 2 = 0`, p.RunID, p.Number)
				took("end", func() (err error) {
					_, err = s.EndPass(b.Context(), p.RunID, p.Number, run.Partial, "outage", "UNAVAILABLE")
					return err
				})

				took("open", func() (err error) { p, _, err = s.OpenPass(b.Context(), openReq("all", 500)); return err })
				alter(b, s, "UPDATE pass_members SET outcome = 'coded', tally = 'coded', detail = 'exact' WHERE run_id = $1 AND pass = $2 AND chunk_seq < 1999", p.RunID, p.Number)
				alter(b, s, `UPDATE chunks SET state = 'DONE', tally = '{"coded":{"exact":500}}' WHERE run_id = $1 AND pass = $2 AND seq < 1999`, p.RunID, p.Number)
				took("progress", func() error { _, err := s.OpenPasses(b.Context()); return err })
				var c run.Chunk
				took("claim", func() (err error) {
					c, _, err = s.ClaimChunk(b.Context(), p.RunID, p.Number, "me", time.Hour)
					return err
				})
				list, err := s.Items(b.Context(), c)
				if err != nil || len(list) != 500 {
					b.Fatal(len(list), err)
				}
				took("commit", func() error { _, err := s.CommitChunk(b.Context(), c, codeAll(list), 0); return err })
				took("finish", func() error {
					_, ok, err := s.FinishPass(b.Context(), p.RunID, p.Number)
					if !ok {
						b.Error("open chunks")
					}
					return err
				})
			}
			for what, d := range ms {
				b.ReportMetric(float64(d.Microseconds())/1000/float64(b.N), what+"-ms")
			}
		})
	}
}

// BenchmarkBacklog looks at a million reports, all of them pending or all in
// review, PostgreSQL's as no vacuum has seen them, and as after one.
func BenchmarkBacklog(b *testing.B) {
	for _, e := range engines {
		b.Run("store="+e.name, func(b *testing.B) {
			s := e.open(b)
			million(b, s, 1_000_000)
			look := func(name string) {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						if _, err := s.Backlog(b.Context()); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			look("pending")
			alter(b, s, "UPDATE ae_reports SET status = 'REVIEW'")
			look("review")
			if s.d.arrays {
				if _, err := s.write.ExecContext(b.Context(), "VACUUM ANALYZE reports"); err != nil {
					b.Fatal(err)
				}
				look("review-vacuumed")
			}
		})
	}
}
