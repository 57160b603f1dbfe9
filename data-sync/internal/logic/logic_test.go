package logic

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/intake"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/single"
	"aecode/data-sync/internal/store"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

// fieldOf gives the field that an InvalidArgument's details name.
func fieldOf(t *testing.T, err error) string {
	t.Helper()
	if status.Code(err) != codes.InvalidArgument {
		t.Fatalf("%v, want InvalidArgument", err)
	}
	for _, d := range status.Convert(err).Details() {
		if bad, ok := d.(*errdetails.BadRequest); ok && len(bad.GetFieldViolations()) == 1 {
			return bad.GetFieldViolations()[0].GetField()
		}
	}
	t.Fatalf("%v has no field violation", err)
	return ""
}

func service(anonymous bool) *svc.ServiceContext {
	return &svc.ServiceContext{Config: config.Config{AllowAnonymousReports: anonymous}}
}

func TestAnErrorOfTheDomainHasOneStatus(t *testing.T) {
	already := status.Error(codes.Aborted, "as it is")
	for _, tc := range []struct {
		err  error
		want codes.Code
	}{
		{nil, codes.OK},
		{already, codes.Aborted},
		{fmt.Errorf("run x: %w", run.ErrNotFound), codes.NotFound},
		{fmt.Errorf("report x: %w", store.ErrNotFound), codes.NotFound},
		{fmt.Errorf("batch: %w", store.ErrPayloadMismatch), codes.FailedPrecondition},
		{fmt.Errorf("batch: %w", &store.SequenceError{ImportID: "i", Got: 3, Want: 1}), codes.FailedPrecondition},
		{fmt.Errorf("batch: %w", store.ErrInvalid), codes.InvalidArgument},
		{&run.Failure{Class: run.ClassUnavailable}, codes.Unavailable},
		{errors.New("the database does not answer"), codes.Unavailable},
	} {
		if got := status.Code(wireError(tc.err)); got != tc.want {
			t.Errorf("%v is answered %v, want %v", tc.err, got, tc.want)
		}
	}
}

func TestAnErrorOfASingleReportHasOneStatus(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want codes.Code
	}{
		{single.ErrInFlight, codes.Aborted},
		{single.ErrOtherPayload, codes.FailedPrecondition},
		{fmt.Errorf("report x: %w", idempotency.ErrUnavailable), codes.Unavailable},
		{fmt.Errorf("report x: %w", idempotency.ErrInvalid), codes.InvalidArgument},
		{fmt.Errorf("report x: %w", store.ErrNotFound), codes.NotFound},
		{errors.New("the database does not answer"), codes.Unavailable},
	} {
		if got := status.Code(singleError(tc.err)); got != tc.want {
			t.Errorf("%v is answered %v, want %v", tc.err, got, tc.want)
		}
	}
	for _, d := range status.Convert(singleError(single.ErrInFlight)).Details() {
		if info, ok := d.(*errdetails.RetryInfo); ok && info.GetRetryDelay().AsDuration() > 0 {
			return
		}
	}
	t.Error("a key in flight does not say when to come again")
}

func TestASingleReportIsIdentifiedByItsIdentityElseItsKeyElseByUs(t *testing.T) {
	type identity = datasync.Identity
	for _, tc := range []struct {
		name      string
		in        *datasync.SyncRequest
		key       string
		anonymous bool
		want      report.Identity
		isKey     bool
	}{
		{"all of it", &datasync.SyncRequest{Identity: &identity{Source: "edc", Study: "S", RecordId: "1"}}, "", false,
			report.Identity{Source: "edc", Study: "S", RecordID: "1"}, false},
		{"a record alone", &datasync.SyncRequest{Identity: &identity{RecordId: "1"}}, "", false,
			report.Identity{Source: "api", Study: "UNASSIGNED", RecordID: "1"}, false},
		{"a record and a key", &datasync.SyncRequest{Identity: &identity{Study: "S", RecordId: "1"}}, "k", false,
			report.Identity{Source: "api", Study: "S", RecordID: "1"}, false},
		{"a key alone", &datasync.SyncRequest{}, "k", false,
			report.Identity{Source: "api", Study: "UNASSIGNED", RecordID: "key:k"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := t.Context()
			if tc.key != "" {
				ctx = metadata.NewIncomingContext(ctx, metadata.Pairs("idempotency-key", tc.key))
			}
			tc.in.OriginalTerm = " Headache "
			call, err := singleCall(ctx, service(tc.anonymous), tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if call.Row.Identity != tc.want || call.Key != tc.key || call.KeyIsIdentity != tc.isKey {
				t.Errorf("%+v", call)
			}
			if call.Row.Verbatim != "Headache" || call.Row.Fields[1].Value != " Headache " {
				t.Errorf("the verbatim is coded trimmed and kept as it came: %+v", call.Row)
			}
		})
	}

	one, err := singleCall(t.Context(), service(true), &datasync.SyncRequest{OriginalTerm: "Headache"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := singleCall(t.Context(), service(true), &datasync.SyncRequest{OriginalTerm: "Headache"})
	if err != nil || one.Row.Identity == two.Row.Identity || !strings.HasPrefix(one.Row.Identity.RecordID, "anonymous:") ||
		one.Row.Identity.Study != "UNASSIGNED" {
		t.Errorf("%v, %v, %v", one.Row.Identity, two.Row.Identity, err)
	}
}

func TestASingleReportThatCannotBeTakenNamesItsFieldAndQuotesNothing(t *testing.T) {
	long := strings.Repeat("x", 201)
	for _, tc := range []struct {
		name  string
		in    *datasync.SyncRequest
		keys  []string
		field string
	}{
		{"no verbatim", &datasync.SyncRequest{}, nil, "original_term"},
		{"blank", &datasync.SyncRequest{OriginalTerm: " \t"}, nil, "original_term"},
		{"1,001 runes", &datasync.SyncRequest{OriginalTerm: strings.Repeat("é", 1001)}, nil, "original_term"},
		{"control character", &datasync.SyncRequest{OriginalTerm: "Secret\a"}, nil, "original_term"},
		{"two lines", &datasync.SyncRequest{OriginalTerm: "Secret\nSecret"}, nil, "original_term"},
		{"no language", &datasync.SyncRequest{OriginalTerm: "Secret", Language: "Secret words"}, nil, "language"},
		{"study without record", &datasync.SyncRequest{OriginalTerm: "Secret", Identity: &datasync.Identity{Study: "S"}}, nil, "identity.record_id"},
		{"source with a line end", &datasync.SyncRequest{OriginalTerm: "Secret", Identity: &datasync.Identity{Source: "Secret\n", RecordId: "1"}}, nil, "identity"},
		{"record too long", &datasync.SyncRequest{OriginalTerm: "Secret", Identity: &datasync.Identity{RecordId: long}}, nil, "identity"},
		{"study with a line end", &datasync.SyncRequest{OriginalTerm: "Secret", Identity: &datasync.Identity{Study: "Secret\n", RecordId: "1"}}, nil, "identity"},
		{"nothing that identifies it", &datasync.SyncRequest{OriginalTerm: "Secret"}, nil, "identity"},
		{"the verbatim twice", &datasync.SyncRequest{OriginalTerm: "Secret", Identity: &datasync.Identity{RecordId: "1"}, Fields: map[string]string{"AETERM": "Secret"}}, nil, "fields"},
		{"two keys", &datasync.SyncRequest{OriginalTerm: "Secret"}, []string{"a", "b"}, "metadata idempotency-key"},
		{"an empty key", &datasync.SyncRequest{OriginalTerm: "Secret"}, []string{""}, "metadata idempotency-key"},
		{"a key too long", &datasync.SyncRequest{OriginalTerm: "Secret"}, []string{long}, "metadata idempotency-key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx := metadata.NewIncomingContext(t.Context(), metadata.MD{"idempotency-key": tc.keys})
			_, err := singleCall(ctx, service(false), tc.in)
			if got := fieldOf(t, err); got != tc.field {
				t.Errorf("field %s, want %s", got, tc.field)
			}
			if strings.Contains(fmt.Sprint(status.Convert(err).Proto()), "Secret") {
				t.Errorf("%v quotes the request", err)
			}
		})
	}
}

func TestABatchOutOfBoundsNamesItsField(t *testing.T) {
	good := func() *datasync.SubmitReportsReq {
		return &datasync.SubmitReportsReq{ImportId: "i", Format: datasync.FileFormat_CSV, FirstLine: 1}
	}
	if options, err := batchOptions(good()); err != nil || options.Source != intake.DefaultSource || options.Format != intake.CSV {
		t.Fatalf("%+v, %v", options, err)
	}
	for field, change := range map[string]func(*datasync.SubmitReportsReq){
		"import_id": func(r *datasync.SubmitReportsReq) { r.ImportId = strings.Repeat("x", maxImportID+1) },
		"rows":      func(r *datasync.SubmitReportsReq) { r.Rows = make([]byte, maxBatchBytes+1) },
		"header":    func(r *datasync.SubmitReportsReq) { r.Header = make([]byte, maxHeaderBytes+1) },
		"source":    func(r *datasync.SubmitReportsReq) { r.Source = strings.Repeat("x", maxNameBytes+1) },
		"file_name": func(r *datasync.SubmitReportsReq) { r.FileName = strings.Repeat("x", maxNameBytes+1) },
		"file_hash": func(r *datasync.SubmitReportsReq) { r.FileHash = strings.Repeat("x", maxNameBytes+1) },
		"sequence":  func(r *datasync.SubmitReportsReq) { r.Sequence = -1 },
		"format":    func(r *datasync.SubmitReportsReq) { r.Format = 7 },
		"encoding":  func(r *datasync.SubmitReportsReq) { r.Encoding = "latin1" },
	} {
		in := good()
		change(in)
		_, err := batchOptions(in)
		if got := fieldOf(t, err); got != field {
			t.Errorf("%s is told as %s", field, got)
		}
	}
	_, err := batchOptions(&datasync.SubmitReportsReq{Format: datasync.FileFormat_NDJSON})
	if got := fieldOf(t, err); got != "import_id" {
		t.Errorf("no import is told as %s", got)
	}
}

func TestABatchTellsAHundredProblemsAndCountsTheRest(t *testing.T) {
	var parsed intake.Parsed
	for i := range 90 {
		parsed.Problems = append(parsed.Problems, report.RowProblem{Line: int64(i + 1), Reason: "EMPTY"})
	}
	result := report.BatchResult{Account: report.Account{Rows: 105, Held: 105}}
	for i := range 15 {
		result.Problems = append(result.Problems, report.RowProblem{Line: int64(i + 91), Reason: "DUPLICATE_IDENTITY"})
	}
	parsed.Warnings = []string{"about the file"}
	answer := wireBatch(&datasync.SubmitReportsReq{}, parsed, result)
	if len(answer.GetProblems()) != 100 || answer.GetProblemsLeftOut() != 5 || answer.GetAccount().GetHeld() != 105 {
		t.Errorf("%d problems, %d left out", len(answer.GetProblems()), answer.GetProblemsLeftOut())
	}
	if len(answer.GetWarnings()) != 1 {
		t.Error("the first batch does not warn")
	}
	if again := wireBatch(&datasync.SubmitReportsReq{Sequence: 1}, parsed, result); len(again.GetWarnings()) != 0 {
		t.Error("a later batch warns again")
	}
}

func TestAPageIsBounded(t *testing.T) {
	for asked, want := range map[int32]int{0: 100, 1: 1, 500: 500} {
		if got, err := pageSize("page_size", asked, 100, 500); err != nil || got != want {
			t.Errorf("%d gives %d, %v", asked, got, err)
		}
	}
	for _, asked := range []int32{-1, 501} {
		if _, err := pageSize("page_size", asked, 100, 500); fieldOf(t, err) != "page_size" {
			t.Errorf("%d is taken", asked)
		}
	}
}

func TestAReportGoesOutWhole(t *testing.T) {
	at := time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)
	term := func(n int) report.Term {
		return report.Term{Code: fmt.Sprint(10000000 + n), Name: fmt.Sprint("term ", n)}
	}
	got := wireReport(report.Report{
		Identity: report.Identity{Source: "edc", Study: "S", RecordID: "1"}, Status: report.Query, Reason: report.Suggested,
		VerbatimVersion: 3, Verbatim: "Headache", Language: "en", Serious: report.Serious, LastError: "UNAVAILABLE", ReceivedAt: at,
		Coding: &report.Coding{
			LLT: term(1), PT: term(2), HLT: term(3), HLGT: term(4), SOC: term(5), Method: "exact", Score: 1,
			Versions:  report.Versions{Dictionary: "29.1", Language: "en", SynonymVersion: "s", EngineVersion: "e"},
			DecidedBy: "machine", DecidedAt: at,
		},
		Candidates: []report.Candidate{{LLT: term(6), PT: term(7), SOC: term(8), Score: 0.5, Method: "trigram", Reason: "near"}},
	})
	ref := func(n int) *datasync.TermRef {
		return &datasync.TermRef{Code: fmt.Sprint(10000000 + n), Name: fmt.Sprint("term ", n)}
	}
	want := &datasync.Report{
		Identity: &datasync.Identity{Source: "edc", Study: "S", RecordId: "1"}, Status: datasync.ReportStatus_QUERY, ReviewReason: "SUGGESTED",
		VerbatimVersion: 3, Verbatim: "Headache", Language: "en", Serious: true, Seriousness: datasync.Seriousness_SERIOUS, LastError: "UNAVAILABLE", ReceivedAt: wireTime(at),
		Coding: &datasync.Coding{
			Llt: ref(1), Pt: ref(2), Hlt: ref(3), Hlgt: ref(4), Soc: ref(5), Method: "exact", Score: 1,
			Dictionary: "29.1", Language: "en", SynonymVersion: "s", EngineVersion: "e", DecidedBy: "machine", DecidedAt: wireTime(at),
		},
		Candidates: []*datasync.Candidate{{Llt: ref(6), Pt: ref(7), Soc: ref(8), Score: 0.5, Method: "trigram", Reason: "near"}},
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestEveryStateHasItsNameOnTheWire(t *testing.T) {
	for _, s := range []report.Status{report.Pending, report.Coded, report.Review, report.Proposed, report.Query, report.Uncodable, report.Withdrawn} {
		if wireStatus(s) == datasync.ReportStatus_REPORT_STATUS_UNSPECIFIED {
			t.Errorf("the status %s has none", s)
		}
	}
	for _, s := range []run.State{run.Running, run.Paused, run.Completed, run.Partial, run.Cancelled} {
		if wireRun(run.Pass{State: s}).GetState() == datasync.RunState_RUN_STATE_UNSPECIFIED {
			t.Errorf("the state %s has none", s)
		}
	}
	if run := wireRun(run.Pass{}); run.GetFinishedAt() != nil || run.GetCutoff() != nil {
		t.Error("a time that is not known goes out as one")
	}
}
