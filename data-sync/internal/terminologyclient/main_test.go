package terminologyclient_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"aecode/common/configfile"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/terminologyclient"
	terminologypb "aecode/proto/terminology"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

var pinned = report.Versions{Dictionary: "29.0", SynonymVersion: "s1", EngineVersion: "e1"}

// server is a terminology service whose answers a test sets.
type server struct {
	terminologypb.UnimplementedTerminologyServer
	encode func(ctx context.Context, n int, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error)
	list   func(n int) (*terminologypb.ListReleasesResp, error)

	mu              sync.Mutex
	calls           [][]string // the terms of each call
	withoutDeadline int
}

func (s *server) note(ctx context.Context, terms []string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, terms)
	if _, ok := ctx.Deadline(); !ok {
		s.withoutDeadline++
	}
	return len(s.calls)
}

func (s *server) EncodeTerms(ctx context.Context, req *terminologypb.EncodeTermsReq) (*terminologypb.EncodeTermsResp, error) {
	terms := make([]string, len(req.GetItems()))
	for i, item := range req.GetItems() {
		terms[i] = item.GetTerm()
	}
	n := s.note(ctx, terms)
	if s.encode == nil {
		return codeAll(req), nil
	}
	return s.encode(ctx, n, req)
}

func (s *server) ListReleases(ctx context.Context, _ *terminologypb.ListReleasesReq) (*terminologypb.ListReleasesResp, error) {
	return s.list(s.note(ctx, nil))
}

// sizes gives how many items each call carried.
func (s *server) sizes() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sizes := make([]int, len(s.calls))
	for i, c := range s.calls {
		sizes[i] = len(c)
	}
	return sizes
}

func codeAll(req *terminologypb.EncodeTermsReq) *terminologypb.EncodeTermsResp {
	resp := &terminologypb.EncodeTermsResp{}
	for _, item := range req.GetItems() {
		resp.Results = append(resp.Results, result(codedResp(item.GetTerm())))
	}
	return resp
}

func result(r *terminologypb.EncodeResp) *terminologypb.EncodeResult {
	return &terminologypb.EncodeResult{Outcome: &terminologypb.EncodeResult_Answer{Answer: r}}
}

func itemFailed(code int32) *terminologypb.EncodeResult {
	return &terminologypb.EncodeResult{Outcome: &terminologypb.EncodeResult_Error{Error: &terminologypb.ItemError{Code: code, Field: "term", Message: "sentinel-verbatim"}}}
}

func notProcessed() *terminologypb.EncodeResult {
	return &terminologypb.EncodeResult{Outcome: &terminologypb.EncodeResult_NotProcessed{NotProcessed: true}}
}

func codedResp(name string) *terminologypb.EncodeResp {
	ref := func(code string) *terminologypb.TermRef { return &terminologypb.TermRef{Code: code, Name: name} }
	return &terminologypb.EncodeResp{
		Code:   "10000001",
		Status: terminologypb.EncodeStatus_CODED,
		Path:   &terminologypb.Path{Llt: ref("10000001"), Pt: ref("10000002"), Hlt: ref("10000003"), Hlgt: ref("10000004"), Soc: ref("10000005")},
		Method: "exact", Score: 1,
		Versions: &terminologypb.Versions{Dictionary: "29.0", Language: "en", SynonymVersion: "s1", EngineVersion: "e1"},
	}
}

// metrics is an Observer that sums up.
type metrics struct {
	mu       sync.Mutex
	attempts map[string]int
	retries  map[string]int
	size     int
}

func (m *metrics) Attempt(code string, _ int, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.attempts[code]++
}

func (m *metrics) Retry(reason string, _ int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.retries[reason]++
}

func (m *metrics) BatchSize(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.size = n
}

// defaults gives the configuration that a file gets which names only the target.
func defaults(t *testing.T) terminologyclient.Config {
	t.Helper()
	var cfg terminologyclient.Config
	if err := configfile.Parse("defaults", []byte("Target: dns:///terminology:9101"), &cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// dial serves s in memory and gives a client to it. To be called in a bubble.
func dial(t *testing.T, s *server, change func(*terminologyclient.Config)) (*terminologyclient.Client, *metrics) {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	grpcServer := grpc.NewServer(grpc.WaitForHandlers(true))
	terminologypb.RegisterTerminologyServer(grpcServer, s)
	served := make(chan error, 1)
	go func() { served <- grpcServer.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///terminology",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		grpcServer.Stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	cfg := defaults(t)
	if change != nil {
		change(&cfg)
	}
	seen := &metrics{attempts: map[string]int{}, retries: map[string]int{}}
	c, err := terminologyclient.New(terminologypb.NewTerminologyClient(conn), cfg, seen)
	if err != nil {
		t.Fatal(err)
	}
	return c, seen
}

func termsOf(verbatims ...string) []run.Term {
	terms := make([]run.Term, len(verbatims))
	for i, v := range verbatims {
		terms[i] = run.Term{Verbatim: v, Language: "en", Study: "S1"}
	}
	return terms
}

// plenty lets a test retry without a thought for the budget.
func plenty(c *terminologyclient.Config) { c.BudgetRatio, c.BudgetPerSecond = 1, 10000 }
