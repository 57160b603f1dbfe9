package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
	"aecode/proto/terminology"
)

// The client as the article that this project follows writes it: plain gRPC,
// these names, this retry.
func TestAClientWrittenFromTheArticleWorks(t *testing.T) {
	t.Parallel()
	s := begun(t, nil)
	dial := func(addr string) *grpc.ClientConn {
		conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	client := terminology.NewTerminologyClient(dial(s.TerminologyAddr))
	sync := datasync.NewDataSyncClient(dial(s.DataSyncAddr))
	ctx := soon(t)

	var code string
	var success bool
	err := retry.Do(ctx, retry.Config{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second}, func(ctx context.Context) error {
		resp, err := client.EncodeTerm(ctx, &terminology.EncodeReq{Term: "headache"})
		if err != nil {
			return err
		}
		code = resp.Code
		return nil
	})
	if err != nil || code != "10019211" {
		t.Errorf("EncodeTerm gave %q, %v; want 10019211", code, err)
	}
	err = retry.Do(ctx, retry.Config{Attempts: 3, Delay: 100 * time.Millisecond, MaxDelay: time.Second}, func(ctx context.Context) error {
		resp, err := sync.SyncAEData(ctx, &datasync.SyncRequest{OriginalTerm: "headache"})
		if err != nil {
			return err
		}
		success = resp.Success
		return nil
	})
	if err != nil || !success {
		t.Errorf("SyncAEData gave %t, %v; want true", success, err)
	}
}

func TestAKeyBringsASingleReportOnceAndNeverAnotherPayload(t *testing.T) {
	t.Parallel()
	s := begun(t, nil)
	client := s.dataSync(t)
	keyed := metadata.AppendToOutgoingContext(soon(t), "idempotency-key", "order-1")
	for range 2 {
		got, err := client.SyncAEData(keyed, &datasync.SyncRequest{OriginalTerm: "Headache"})
		if err != nil || got.GetCode() != "10019211" || got.GetIdentity().GetRecordId() != "key:order-1" {
			t.Fatalf("%v, %v", got, err)
		}
	}
	if _, err := client.SyncAEData(keyed, &datasync.SyncRequest{OriginalTerm: "Nausea"}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("the key with another payload: %v, want FailedPrecondition", err)
	}
	// A restart takes the embedded Redis with it; the database still knows.
	s.signal(t, stack.DataSync, 15)
	if err := s.await(t, stack.DataSync, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	s.restart(t, stack.DataSync)
	keyed = metadata.AppendToOutgoingContext(soon(t), "idempotency-key", "order-1")
	if _, err := client.SyncAEData(keyed, &datasync.SyncRequest{OriginalTerm: "Nausea"}, grpc.WaitForReady(true)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("the key with another payload after Redis was lost: %v, want FailedPrecondition", err)
	}
	if _, err := client.SyncAEData(keyed, &datasync.SyncRequest{OriginalTerm: "Headache"}); err != nil {
		t.Errorf("the same again after Redis was lost: %v", err)
	}
	// An identity of its own: a changed verbatim is a new version, no fault.
	for _, term := range []string{"Headache", "Nausea"} {
		if _, err := client.SyncAEData(soon(t), &datasync.SyncRequest{
			OriginalTerm: term, Identity: &datasync.Identity{Study: "S", RecordId: "1"},
		}); err != nil {
			t.Error(err)
		}
	}
	s.stop(t)
	db := database(t, s.out)
	if n := count(t, db, "SELECT count(*) FROM ae_reports"); n != 2 {
		t.Errorf("%d reports, want 2", n)
	}
	if n := count(t, db, "SELECT count(*) FROM codings WHERE superseded_at IS NULL"); n != 2 {
		t.Errorf("%d live codings, want 2", n)
	}
	if n := count(t, db, "SELECT count(*) FROM codings"); n != 3 {
		t.Errorf("%d codings, want 3: one of them history", n)
	}
}

func TestBothServicesAnswerHealthAndReflectOnlyInDevMode(t *testing.T) {
	t.Parallel()
	for _, dev := range []bool{false, true} {
		t.Run(fmt.Sprintf("dev=%t", dev), func(t *testing.T) {
			t.Parallel()
			s := begun(t, func(o *stack.Options) { o.Dev = dev })
			for name, addr := range map[string]string{"aecode.terminology.v1.Terminology": s.TerminologyAddr, "aecode.datasync.v1.DataSync": s.DataSyncAddr} {
				conn, err := stack.Dial(addr)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				health, err := grpc_health_v1.NewHealthClient(conn).Check(soon(t), &grpc_health_v1.HealthCheckRequest{})
				if err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
					t.Errorf("%s: health %v, %v", name, health, err)
				}
				services, err := reflected(t, conn)
				switch {
				case dev && (err != nil || !strings.Contains(services, name)):
					t.Errorf("%s: reflection shows %s, %v", name, services, err)
				case !dev && status.Code(err) != codes.Unimplemented:
					t.Errorf("%s: reflection outside dev mode: %s, %v", name, services, err)
				}
			}
		})
	}
}

func reflected(t *testing.T, conn *grpc.ClientConn) (string, error) {
	t.Helper()
	stream, err := grpc_reflection_v1.NewServerReflectionClient(conn).ServerReflectionInfo(soon(t))
	if err != nil {
		return "", err
	}
	if err := stream.Send(&grpc_reflection_v1.ServerReflectionRequest{
		MessageRequest: &grpc_reflection_v1.ServerReflectionRequest_ListServices{},
	}); err != nil && !errors.Is(err, io.EOF) {
		// EOF: the server has ended the stream already, and Recv tells why.
		return "", err
	}
	answer, err := stream.Recv()
	if err != nil {
		return "", err
	}
	return answer.String(), stream.CloseSend()
}

func TestAWrongCallIsAnsweredByItsCodeAndTheFieldAtFault(t *testing.T) {
	t.Parallel()
	s := begun(t, nil)
	terms, sync := s.terminology(t), s.dataSync(t)
	tooLong := strings.Repeat("ä", 1001)
	items := make([]*terminology.EncodeItem, 257)
	for i := range items {
		items[i] = &terminology.EncodeItem{Term: "x"}
	}
	encode := func(in *terminology.EncodeReq) func(context.Context) error {
		return func(ctx context.Context) error { _, err := terms.EncodeTerm(ctx, in); return err }
	}
	encodes := func(in *terminology.EncodeTermsReq) func(context.Context) error {
		return func(ctx context.Context) error { _, err := terms.EncodeTerms(ctx, in); return err }
	}
	search := func(in *terminology.SearchTermsReq) func(context.Context) error {
		return func(ctx context.Context) error { _, err := terms.SearchTerms(ctx, in); return err }
	}
	term := func(in *terminology.GetTermReq) func(context.Context) error {
		return func(ctx context.Context) error { _, err := terms.GetTerm(ctx, in); return err }
	}
	report := func(in *datasync.SyncRequest) func(context.Context) error {
		return func(ctx context.Context) error { _, err := sync.SyncAEData(ctx, in); return err }
	}
	submit := func(in *datasync.SubmitReportsReq) func(context.Context) error {
		return func(ctx context.Context) error { _, err := sync.SubmitReports(ctx, in); return err }
	}
	for _, tc := range []struct {
		name  string
		call  func(context.Context) error
		code  codes.Code
		field string
	}{
		{"unknown release", encode(&terminology.EncodeReq{Term: "x", Pin: &terminology.Pin{Dictionary: "29.9"}}), codes.NotFound, ""},
		{"unknown release of a batch", encodes(&terminology.EncodeTermsReq{Items: items[:1], Pin: &terminology.Pin{Dictionary: "29.9"}}), codes.NotFound, ""},
		{"pinned synonyms that this replica lacks", encode(&terminology.EncodeReq{Term: "x", Pin: &terminology.Pin{SynonymVersion: "other"}}), codes.Unavailable, ""},
		{"pinned engine that this replica lacks", encode(&terminology.EncodeReq{Term: "x", Pin: &terminology.Pin{EngineVersion: "0.1"}}), codes.Unavailable, ""},
		{"empty term", encode(&terminology.EncodeReq{}), codes.InvalidArgument, "term"},
		{"1,001 runes", encode(&terminology.EncodeReq{Term: tooLong}), codes.InvalidArgument, "term"},
		{"control character", encode(&terminology.EncodeReq{Term: "a\x07b"}), codes.InvalidArgument, "term"},
		{"too many candidates", encode(&terminology.EncodeReq{Term: "x", Limit: 21}), codes.InvalidArgument, "limit"},
		{"no items", encodes(&terminology.EncodeTermsReq{}), codes.InvalidArgument, "items"},
		{"257 items", encodes(&terminology.EncodeTermsReq{Items: items}), codes.InvalidArgument, "items"},
		{"search in an unknown language", search(&terminology.SearchTermsReq{Query: "x", Language: "kl"}), codes.InvalidArgument, "language"},
		{"search in an unknown release", search(&terminology.SearchTermsReq{Query: "x", Dictionary: "29.9"}), codes.NotFound, ""},
		{"search without words", search(&terminology.SearchTermsReq{}), codes.InvalidArgument, "query"},
		{"code that is none", term(&terminology.GetTermReq{Code: "123"}), codes.InvalidArgument, "code"},
		{"code that exists nowhere", term(&terminology.GetTermReq{Code: "10999999"}), codes.NotFound, ""},
		{"code in an unknown release", term(&terminology.GetTermReq{Code: "10019211", Dictionary: "29.9"}), codes.NotFound, ""},
		{"report without a verbatim", report(&datasync.SyncRequest{}), codes.InvalidArgument, "original_term"},
		{"report of 1,001 runes", report(&datasync.SyncRequest{OriginalTerm: tooLong}), codes.InvalidArgument, "original_term"},
		{"report with two lines", report(&datasync.SyncRequest{OriginalTerm: "a\nb"}), codes.InvalidArgument, "original_term"},
		{"study without a record", report(&datasync.SyncRequest{OriginalTerm: "x", Identity: &datasync.Identity{Study: "S"}}), codes.InvalidArgument, "identity.record_id"},
		{"batch without an import", submit(&datasync.SubmitReportsReq{Format: datasync.FileFormat_CSV}), codes.InvalidArgument, "import_id"},
		{"batch of no format", submit(&datasync.SubmitReportsReq{ImportId: "i"}), codes.InvalidArgument, "format"},
		{"batch in an unknown encoding", submit(&datasync.SubmitReportsReq{ImportId: "i", Format: datasync.FileFormat_CSV, Encoding: "latin1"}), codes.InvalidArgument, "encoding"},
		{"run of a date that is none", func(ctx context.Context) error {
			_, err := sync.StartRun(ctx, &datasync.StartRunReq{Date: "2026-02-30"})
			return err
		}, codes.InvalidArgument, "date"},
		{"run of a scope that is none", func(ctx context.Context) error {
			_, err := sync.StartRun(ctx, &datasync.StartRunReq{Scope: "everything"})
			return err
		}, codes.InvalidArgument, "scope"},
		{"unknown run", func(ctx context.Context) error {
			_, err := sync.GetRun(ctx, &datasync.GetRunReq{RunId: "2020-01-01.all"})
			return err
		}, codes.NotFound, ""},
		{"cancel an unknown run", func(ctx context.Context) error {
			_, err := sync.CancelRun(ctx, &datasync.CancelRunReq{RunId: "2020-01-01.all"})
			return err
		}, codes.NotFound, ""},
		{"watch an unknown run", func(ctx context.Context) error {
			stream, err := sync.WatchRun(ctx, &datasync.WatchRunReq{RunId: "2020-01-01.all"})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}, codes.NotFound, ""},
		{"page of a token that is none", func(ctx context.Context) error {
			_, err := sync.ListReports(ctx, &datasync.ListReportsReq{PageToken: "x"})
			return err
		}, codes.InvalidArgument, "page_token"},
		{"export of no kind", func(ctx context.Context) error {
			stream, err := sync.ExportReports(ctx, &datasync.ExportReportsReq{})
			if err == nil {
				_, err = stream.Recv()
			}
			return err
		}, codes.InvalidArgument, "kind"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.call(soon(t))
			if status.Code(err) != tc.code {
				t.Fatalf("%v, want %v", err, tc.code)
			}
			if tc.field == "" {
				return
			}
			for _, d := range status.Convert(err).Details() {
				if bad, ok := d.(*errdetails.BadRequest); ok && bad.GetFieldViolations()[0].GetField() == tc.field {
					return
				}
			}
			t.Errorf("%v does not name the field %s in its details", err, tc.field)
		})
	}

	t.Run("code of another level", func(t *testing.T) {
		// Headache's SOC: told with its level, never given as a coding.
		got, err := terms.GetTerm(soon(t), &terminology.GetTermReq{Code: "10029205"})
		if err != nil || len(got.GetLevels()) != 1 || got.GetLevels()[0] != terminology.Level_SOC {
			t.Errorf("%v, %v; want the level SOC alone", got, err)
		}
	})
	t.Run("unknown language of a term", func(t *testing.T) {
		got, err := terms.EncodeTerm(soon(t), &terminology.EncodeReq{Term: "Headache", Language: "kl"})
		if err != nil || got.GetCode() != "" || got.GetStatus() != terminology.EncodeStatus_NO_MATCH || got.GetReason() != "UNSUPPORTED_LANGUAGE" {
			t.Errorf("%v, %v; want NO_MATCH for UNSUPPORTED_LANGUAGE", got, err)
		}
	})
}

func TestTheMetricsThatDashboardsReadAreThereAfterARun(t *testing.T) {
	t.Parallel()
	s := begun(t, nil)
	s.mustSyncctl(t, "import", demo(t, demoReports), "--id", "USUBJID", "--id", "AESEQ")
	s.mustSyncctl(t, "run", "--wait")
	text := metricsOf(t, s.DataSyncMetrics)
	for _, want := range []string{
		`aecode_reports_total{method="exact",status="coded"} `, `aecode_reports_total{method="NO_SAFE_MATCH",status="review"} `,
		`aecode_encode_attempts_total{code="OK"} `, "aecode_retry_budget_exhausted_total 0",
		`aecode_run_state{state="COMPLETED"} 1`, `aecode_run_state{state="RUNNING"} 0`, "aecode_run_progress_ratio 1",
		`aecode_idempotency_total{outcome="acquired"} `, "aecode_encode_attempt_seconds_count ", "aecode_chunk_seconds_count",
		"aecode_encode_batch_size ", "go_goroutines ",
		// Known before the first of their kind, so that an alert can be on them.
		"# TYPE aecode_retry_total counter", "# TYPE aecode_outage_seconds_total counter",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("data-sync's metrics lack %s", want)
		}
	}
	if text := metricsOf(t, s.TerminologyMetrics); !strings.Contains(text, "rpc_server_requests_duration_ms_count") {
		t.Error("terminology's metrics lack the duration of its calls")
	}
}

func metricsOf(t *testing.T, addr string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, "http://"+addr+"/metrics", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	// A connection that is kept would outlive the test.
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
