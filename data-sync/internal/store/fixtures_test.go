package store

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func openSQLite(t testing.TB) *Store {
	t.Helper()
	return openFile(t, filepath.Join(t.TempDir(), "aecode.db"))
}

func openFile(t testing.TB, path string) *Store {
	t.Helper()
	return openStore(t, fileConfig(path))
}

// fileConfig is the configuration of an SQLite file at path.
func fileConfig(path string) Config {
	return Config{Path: path, StatementTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
}

func openStore(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	for err != nil && Transient(err) && t.Context().Err() == nil {
		// A statement timeout that a test makes short may be too short for the
		// first connection of a busy machine. The package's time limit ends this.
		s, err = Open(t.Context(), cfg)
	}
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

var pin = report.Versions{Dictionary: "ctcae-5.0", SynonymVersion: "syn-1", EngineVersion: "1"}

func identity(record string) report.Identity {
	return report.Identity{Source: "edc", Study: "S1", RecordID: record}
}

// textRow is a plain row: verbatim in English, one field beside it.
func textRow(line int64, record, verbatim string) report.Row {
	return report.Row{Line: line, Identity: identity(record), Verbatim: verbatim, Language: "en",
		Fields: []report.Field{{Name: "AESPID", Value: record}, {Name: "AETERM", Value: verbatim}}}
}

// importer sends batches of one import in order.
type importer struct {
	t    *testing.T
	s    *Store
	id   string
	next int32
}

func newImport(t *testing.T, s *Store, id string) *importer {
	return &importer{t: t, s: s, id: id, next: FirstSequence}
}

func (i *importer) batch(rows ...report.Row) report.Batch {
	return report.Batch{ImportID: i.id, Sequence: i.next, Digest: fmt.Sprintf("digest-%s-%d", i.id, i.next), Source: "edc",
		FileName: i.id + ".csv", FileHash: "hash-" + i.id, Columns: []string{"AESPID", "AETERM"}, Rows: rows}
}

func (i *importer) send(rows ...report.Row) report.BatchResult {
	i.t.Helper()
	return i.apply(i.batch(rows...))
}

func (i *importer) apply(b report.Batch) report.BatchResult {
	i.t.Helper()
	result, err := i.s.ApplyBatch(i.t.Context(), b)
	if err != nil {
		i.t.Fatalf("apply batch: %v", err)
	}
	if !result.Account.Balanced() {
		i.t.Fatalf("account does not balance: %+v", result.Account)
	}
	i.next = b.Sequence + 1
	return result
}

// load brings n plain reports in.
func load(t *testing.T, s *Store, n int) {
	t.Helper()
	rows := make([]report.Row, n)
	for i := range rows {
		rows[i] = textRow(int64(i+2), fmt.Sprintf("R%03d", i), fmt.Sprintf("Headache %d", i))
	}
	newImport(t, s, fmt.Sprintf("load-%d", n)).send(rows...)
}

func openPass(t *testing.T, s *Store, scope string, chunkSize int) run.Pass {
	t.Helper()
	p, opened, err := s.OpenPass(t.Context(), openReq(scope, chunkSize))
	if err != nil {
		t.Fatalf("open pass: %v", err)
	}
	if !opened {
		t.Fatalf("no new pass was opened: %+v", p)
	}
	return p
}

func openReq(scope string, chunkSize int) run.OpenPass {
	return run.OpenPass{Date: "2026-03-01", Scope: scope, Pin: pin, ChunkSize: chunkSize, RunDeadline: time.Hour}
}

func claim(t *testing.T, s *Store, p run.Pass, owner string) run.Chunk {
	t.Helper()
	c, ok, err := s.ClaimChunk(t.Context(), p.RunID, p.Number, owner, time.Minute)
	if err != nil || !ok {
		t.Fatalf("claim: ok %v, err %v", ok, err)
	}
	return c
}

func items(t *testing.T, s *Store, c run.Chunk) []run.Item {
	t.Helper()
	list, err := s.Items(t.Context(), c)
	if err != nil {
		t.Fatalf("items: %v", err)
	}
	return list
}

func commit(t *testing.T, s *Store, c run.Chunk, results ...run.Result) run.Commit {
	t.Helper()
	done, err := s.CommitChunk(t.Context(), c, results, 0)
	if err != nil {
		t.Fatalf("commit: %v", err)
	}
	return done
}

func finish(t *testing.T, s *Store, p run.Pass) run.Pass {
	t.Helper()
	got, ok, err := s.FinishPass(t.Context(), p.RunID, p.Number)
	if err != nil || !ok {
		t.Fatalf("finish: ok %v, err %v", ok, err)
	}
	balanced(t, got)
	return got
}

func balanced(t *testing.T, p run.Pass) {
	t.Helper()
	if p.Read != p.Coded+p.Review+p.Left || p.Coded != total(p.CodedByMethod) || p.Review != total(p.ReviewByReason) {
		t.Fatalf("pass does not balance: %+v", p)
	}
	if !p.State.Open() && p.Left != total(p.LeftByReason) {
		t.Fatalf("ended pass: %d left, by reason %v", p.Left, p.LeftByReason)
	}
}

func term(code, name string) report.Term { return report.Term{Code: code, Name: name} }

func aCoding() *report.Coding {
	return &report.Coding{LLT: term("10019211", "Headache"), PT: term("10019211", "Headache"), HLT: term("90000001", "HLT"),
		HLGT: term("90000002", "HLGT"), SOC: term("10029205", "Nervous system disorders"), Method: "exact", Score: 1}
}

func codedAs(i run.Item) run.Result {
	return run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Kind: run.Coded, Coding: aCoding(), Versions: pin}
}

func reviewOf(i run.Item) run.Result {
	return run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Kind: run.Review, Reason: report.Suggested,
		Candidates: []report.Candidate{{LLT: term("1", "One"), PT: term("1", "One"), SOC: term("2", "Two"), Score: 0.8, Method: "retrieval", Reason: "near"}},
		Versions:   pin}
}

func leftOf(i run.Item, class string, itemFault bool) run.Result {
	return run.Result{ReportID: i.ReportID, VerbatimVersion: i.VerbatimVersion, Kind: run.Left, ErrorClass: class, ItemFault: itemFault}
}

func codeAll(list []run.Item) []run.Result {
	results := make([]run.Result, len(list))
	for i, item := range list {
		results[i] = codedAs(item)
	}
	return results
}

func get(t *testing.T, s *Store, record string) report.Report {
	t.Helper()
	r, err := s.Get(t.Context(), identity(record))
	if err != nil {
		t.Fatalf("get %s: %v", record, err)
	}
	return r
}

// everyReport gives all reports by id.
func everyReport(t *testing.T, s *Store) []report.Report {
	t.Helper()
	var list []report.Report
	if err := s.Each(t.Context(), func(r report.Report) error { list = append(list, r); return nil }); err != nil {
		t.Fatalf("each: %v", err)
	}
	return list
}

// direct runs SQL as another program would.
func direct(t *testing.T, s *Store, query string, args ...any) {
	t.Helper()
	if _, err := s.write.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func number(t *testing.T, s *Store, query string, args ...any) (n int64) {
	t.Helper()
	if err := s.read.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
