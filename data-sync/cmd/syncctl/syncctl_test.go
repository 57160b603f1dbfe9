package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/retry"
	"aecode/common/rpcerr"
	"aecode/proto/datasync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheTableBalancesAndShowsTheLargestPartFirst(t *testing.T) {
	var b strings.Builder
	printTable(&b, &datasync.Run{
		RunId: "2026-11-22.all", Pass: 2, State: datasync.RunState_PARTIAL, StateReason: "terminology away for longer than 15m0s",
		Read: 50000, Coded: 30000, Review: 19000, Left: 1000,
		CodedByMethod:  map[string]int64{"folded": 1000, "exact": 28000, "sponsor_synonym": 1000},
		ReviewByReason: map[string]int64{"NO_SAFE_MATCH": 19000}, LeftByReason: map[string]int64{"UNAVAILABLE": 1000},
		Dictionary: "29.1", EngineVersion: "1.0.0", ElapsedSeconds: 12.3456,
	})
	want := `run 2026-11-22.all pass 2: PARTIAL (terminology away for longer than 15m0s)
dictionary 29.1, synonyms none, engine 1.0.0
  read                        50000
  coded                       30000   60.0 %
    exact                     28000   56.0 %
    folded                     1000    2.0 %
    sponsor_synonym            1000    2.0 %
  review                      19000   38.0 %
    NO_SAFE_MATCH             19000   38.0 %
  left                         1000    2.0 %
    UNAVAILABLE                1000    2.0 %
  elapsed                    12.35s
  rate                       3969/s
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	printTable(&b, &datasync.Run{RunId: "r", State: datasync.RunState_COMPLETED})
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "rate") {
		t.Errorf("an empty pass has no shares and no rate:\n%s", b.String())
	}
}

func TestTheStateOfAPassIsTheExitCode(t *testing.T) {
	for state, want := range map[datasync.RunState]int{
		datasync.RunState_COMPLETED: exitOK, datasync.RunState_PARTIAL: exitPartial, datasync.RunState_CANCELLED: exitCancelled,
	} {
		got := exitOK
		var exit *exitError
		if err := outcome(&datasync.Run{State: state}); errors.As(err, &exit) {
			got = exit.code
		}
		if got != want || !final(state) {
			t.Errorf("%v: exit code %d, want %d", state, got, want)
		}
	}
	for _, state := range []datasync.RunState{datasync.RunState_RUNNING, datasync.RunState_PAUSED} {
		if final(state) {
			t.Errorf("%v counts as an end", state)
		}
	}
}

func TestWrongUsageIsToldApartFromFailure(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.csv")
	for _, tc := range []struct {
		args []string
		want int
	}{
		{[]string{"nosuchcommand"}, exitUsage},
		{[]string{"--nosuchflag"}, exitUsage},
		{[]string{"run", "surplus"}, exitUsage},
		{[]string{"import"}, exitUsage},
		{[]string{"import", "a.csv", "b.csv"}, exitUsage},
		{[]string{"import", "a.doc"}, exitUsage},
		{[]string{"import", "a.csv", "--encoding", "latin1"}, exitUsage},
		{[]string{"import", "a.csv", "--format", "xml"}, exitUsage},
		{[]string{"cancel"}, exitUsage},
		{[]string{"export"}, exitUsage},
		{[]string{"export", "--coded", "-", "--review", "-"}, exitUsage},
		{[]string{"reports", "--status", "DONE"}, exitUsage},
		{[]string{"reports", "--limit", "0"}, exitUsage},
		{[]string{"status", "--call-timeout", "-1s"}, exitUsage},
		{[]string{"status", "--server", "data-sync"}, exitUsage},
		{[]string{"status", "--server", "a:1,,b:2"}, exitUsage},
		{[]string{"status", "--tls-cert", missing}, exitUsage},
		{[]string{"status", "--tls-server-name", "data-sync"}, exitUsage},
		{[]string{"status", "--tls-cert", missing, "--tls-key", missing, "--tls-ca", missing}, exitUsage},
		{[]string{"import", missing}, exitFailed},
	} {
		cmd := rootCommand()
		cmd.SetArgs(tc.args)
		err := cmd.ExecuteContext(t.Context())
		got := exitFailed
		var exit *exitError
		if errors.As(err, &exit) {
			got = exit.code
		}
		if err == nil || got != tc.want {
			t.Errorf("%v: exit code %d, want %d (%v)", tc.args, got, tc.want, err)
		}
	}
}

func TestAnErrorIsSaidInAnOperatorsWords(t *testing.T) {
	twoFields, err := status.New(codes.InvalidArgument, "the mapping is wrong").WithDetails(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "mapping.study", Description: "no such column"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	exhausted := retry.Do(t.Context(), retry.Config{Attempts: 2, Delay: time.Microsecond, MaxDelay: time.Microsecond}, func(context.Context) error {
		return status.Error(codes.Unavailable, "connection refused")
	})
	for _, tc := range []struct {
		err  error
		want string
	}{
		{errors.New("no such file"), "no such file"},
		{status.Error(codes.Unavailable, `connection error: desc = "error reading server preface: EOF"`),
			`Unavailable: connection error: desc = "error reading server preface: EOF"; where data-sync speaks TLS, give --tls-cert, --tls-key and --tls-ca`},
		{status.Error(codes.NotFound, "no such run"), "NotFound: no such run"},
		{rpcerr.InvalidField("date", "give a date"), "InvalidArgument: date: give a date"},
		{twoFields.Err(), "InvalidArgument: the mapping is wrong [mapping.study: no such column]"},
		{exhausted, "Unavailable: connection refused (2 tries)"},
		{fmt.Errorf("ae.csv: %w", exhausted), "Unavailable: connection refused (2 tries)"},
		{&exitError{exitUsage, errors.New("say where")}, "say where"},
	} {
		if got := describe(tc.err); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}

func TestAWatchSurvivesBrokenStreamsAndEndsWithThePass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		running := &datasync.Run{RunId: "r", Pass: 3, State: datasync.RunState_RUNNING, Read: 2}
		done := &datasync.Run{RunId: "r", Pass: 3, State: datasync.RunState_COMPLETED, Read: 2, Coded: 2}
		away := status.Error(codes.Unavailable, "connection refused")
		fake := &fakeServer{streams: []stream[datasync.Run]{
			{items: []*datasync.Run{running}, end: away}, {openErr: away}, {end: away}, {items: []*datasync.Run{running, done}},
		}}
		var shown []datasync.RunState
		got, err := watch(t.Context(), &server{DataSyncClient: fake}, running, func(r *datasync.Run) { shown = append(shown, r.GetState()) })
		if err != nil || got != done {
			t.Fatalf("%v, %v", got, err)
		}
		if len(shown) != 3 || fake.watched != 4 || fake.lastWatch.GetRunId() != "r" || fake.lastWatch.GetPass() != 3 {
			t.Errorf("%d streams, shown %v, asked for %v", fake.watched, shown, fake.lastWatch)
		}
	})
}

func TestAWatchEndsAtAPermanentErrorAndAfterLongSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run := &datasync.Run{RunId: "r", Pass: 1}
		fake := &fakeServer{streams: []stream[datasync.Run]{{end: status.Error(codes.NotFound, "no such run")}}}
		start := time.Now()
		if _, err := watch(t.Context(), &server{DataSyncClient: fake}, run, func(*datasync.Run) {}); status.Code(err) != codes.NotFound || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		// Nobody answers any more.
		fake = &fakeServer{forever: status.Error(codes.Unavailable, "connection refused")}
		if _, err := watch(t.Context(), &server{DataSyncClient: fake}, run, func(*datasync.Run) {}); status.Code(err) != codes.Unavailable {
			t.Errorf("%v, want why it gave up", err)
		}
		if waited := time.Since(start); waited < watchFor || waited > watchFor+2*watchAgain {
			t.Errorf("gave up after %v, want %v", waited, watchFor)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if _, err := watch(ctx, &server{DataSyncClient: fake}, run, func(*datasync.Run) {}); !errors.Is(err, context.DeadlineExceeded) ||
			!strings.Contains(err.Error(), "the run goes on") {
			t.Errorf("%v", err)
		}
	})
}

func TestElsewhereThanOnATerminalProgressIsALineAChangeAndOneASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		p := &progress{out: &b}
		show := func(state datasync.RunState, coded int64) {
			p.update(&datasync.Run{State: state, Read: 9, Coded: coded})
		}
		show(datasync.RunState_RUNNING, 0)
		show(datasync.RunState_RUNNING, 1) // too soon
		time.Sleep(time.Second)
		show(datasync.RunState_RUNNING, 2)
		show(datasync.RunState_PAUSED, 2)
		show(datasync.RunState_COMPLETED, 9)
		p.end()
		want := "RUNNING 0 of 9: coded 0, review 0\nRUNNING 2 of 9: coded 2, review 0\nPAUSED 2 of 9: coded 2, review 0\nCOMPLETED 9 of 9: coded 9, review 0\n"
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnExportIsPutInPlaceOnlyWhenItIsWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "ae_coded.csv")
	piece := func(s string) *datasync.ExportPiece { return &datasync.ExportPiece{Data: []byte(s)} }
	fake := &fakeServer{exports: []stream[datasync.ExportPiece]{
		{items: []*datasync.ExportPiece{piece("first,")}, end: status.Error(codes.NotFound, "gone")},
		{items: []*datasync.ExportPiece{piece("a,"), piece("b")}},
		{items: []*datasync.ExportPiece{piece("x")}, end: status.Error(codes.Unavailable, "away")},
		{items: []*datasync.ExportPiece{piece("c,"), piece("d")}},
	}}
	s := &server{DataSyncClient: fake}
	list := func() []string {
		found, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if err := exportFile(t.Context(), s, path, datasync.ExportKind_CODED_CSV); status.Code(err) != codes.NotFound || len(list()) != 0 {
		t.Errorf("a broken export: %v, left %v", err, list())
	}
	for _, want := range []string{"a,b", "c,d"} { // the second after a stream that broke
		if err := exportFile(t.Context(), s, path, datasync.ExportKind_CODED_CSV); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want || len(list()) != 1 {
			t.Errorf("%q, %v, %v; want %q alone", got, err, list(), want)
		}
	}
}

func TestAnExportToStandardOutputIsRepeatedOnlyBeforeItsFirstByte(t *testing.T) {
	piece := func(s string) *datasync.ExportPiece { return &datasync.ExportPiece{Data: []byte(s)} }
	away := status.Error(codes.Unavailable, "away")
	fake := &fakeServer{exports: []stream[datasync.ExportPiece]{
		{end: away},
		{items: []*datasync.ExportPiece{piece("a,"), piece("b")}},
		{items: []*datasync.ExportPiece{piece("x")}, end: away},
		{items: []*datasync.ExportPiece{piece("never asked for")}},
	}}
	s := &server{DataSyncClient: fake}
	var out strings.Builder
	if err := exportTo(t.Context(), s, &out, datasync.ExportKind_CODED_CSV); err != nil || out.String() != "a,b" {
		t.Errorf("%q, %v", out.String(), err)
	}
	out.Reset()
	err := exportTo(t.Context(), s, &out, datasync.ExportKind_CODED_CSV)
	if err == nil || !strings.Contains(err.Error(), "not whole") || out.String() != "x" || len(fake.exports) != 1 {
		t.Errorf("%q, %v, %d streams left", out.String(), err, len(fake.exports))
	}
}

func TestAnExportThatFallsSilentBeginsAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ae_coded.csv")
	synctest.Test(t, func(t *testing.T) {
		piece := func(s string) *datasync.ExportPiece { return &datasync.ExportPiece{Data: []byte(s)} }
		fake := &fakeServer{exports: []stream[datasync.ExportPiece]{
			{items: []*datasync.ExportPiece{piece("a,")}, hangs: t.Context()},
			{items: []*datasync.ExportPiece{piece("a,"), piece("b")}},
		}}
		began := time.Now()
		if err := exportFile(t.Context(), &server{DataSyncClient: fake}, path, datasync.ExportKind_CODED_CSV); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < exportSilence || took > exportSilence+time.Second {
			t.Errorf("it took %v, want a little over %v", took, exportSilence)
		}
	})
	if got, err := os.ReadFile(path); err != nil || string(got) != "a,b" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestAFileIsSentInNumberedBatchesOfWholeRowsAndTheLastSaysSo(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("STUDYID,AESPID,AETERM\n")
	const rows = 2*batchRecords + 5
	for i := range rows {
		fmt.Fprintf(&csv, "S,%d,Headache\n", i)
	}
	path := filepath.Join(t.TempDir(), "ae.csv")
	for name, tc := range map[string]struct {
		content string
		batches int
	}{"three batches": {csv.String(), 3}, "a header alone": {"STUDYID,AESPID,AETERM\n", 1}} {
		if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
			t.Fatal(err)
		}
		fake := &fakeServer{}
		if err := importFile(t.Context(), &server{DataSyncClient: fake, callTimeout: time.Second}, path, &importFlags{source: "edc"}); err != nil {
			t.Fatal(err)
		}
		if len(fake.batches) != tc.batches {
			t.Fatalf("%s: %d batches", name, len(fake.batches))
		}
		whole := ""
		for i, b := range fake.batches {
			if b.sequence != fake.batches[0].sequence+int32(i) || b.last != (i == tc.batches-1) || b.importID != fake.batches[0].importID || b.importID == "" {
				t.Errorf("%s: batch %d is %+v", name, i, b)
			}
			if b.rows != "" && !strings.HasSuffix(b.rows, "\n") {
				t.Errorf("%s: batch %d ends within a row", name, i)
			}
			whole += b.rows
		}
		if want := strings.TrimPrefix(tc.content, "STUDYID,AESPID,AETERM\n"); whole != want {
			t.Errorf("%s: %d bytes were sent of %d", name, len(whole), len(want))
		}
	}
}
