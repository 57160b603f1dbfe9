package server_test

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"aecode/common/rpcclient"
	"aecode/common/rpcserver"
	"aecode/deploy/dev/demo/benchdata"
	"aecode/proto/terminology"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/config"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/server"
	"aecode/terminology/internal/svc"
)

// batch is the number of verbatims in one call of the nightly run.
const batch = 64

// patience is the deadline of a call, long enough not to affect the measurement.
const patience = 10 * time.Second

// serve runs terminology's server in this process and connects to it. A process can stop
// a server only once, so all benchmarks share it.
var serve = sync.OnceValues(func() (terminology.TerminologyClient, error) {
	data, err := benchdata.Given()
	if err != nil {
		return nil, err
	}
	dir, err := data.Folder(temporary)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	conf := config.Config{RpcServerConf: zrpc.RpcServerConf{ListenOn: address, Timeout: 10_000}, MaxInFlight: 64}
	conf.Mode, conf.Name, conf.Log.Level, conf.Log.Stat = "pro", "terminology", "error", false
	conf.Dictionaries.Release = dir // without a cache, so that every verbatim is coded
	s := svc.NewServiceContext(conf)
	ready := rpcserver.NewReadiness()
	rpc, err := rpcserver.New(conf.RpcServerConf, rpcserver.Options{MaxInFlight: 64, MaxStreams: 16, Ready: ready}, func(g *grpc.Server) {
		terminology.RegisterTerminologyServer(g, server.NewTerminologyServer(s))
	})
	if err != nil {
		return nil, err
	}
	logx.Disable()
	if _, err := s.Catalog.Load(); err != nil {
		return nil, err
	}
	ready.Set(true)
	go func() { _ = rpc.Serve() }() // ends with the process; a failing call shows its error
	target, err := rpcclient.Target(address)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient(target, append(rpcclient.DialOptions(rpcclient.RoundRobin),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.WaitForReady(true)))...)
	if err != nil {
		return nil, err
	}
	return terminology.NewTerminologyClient(conn), nil
})

// temporary is where the release is written if it was composed.
var temporary string

func TestMain(m *testing.M) {
	var err error
	if temporary, err = os.MkdirTemp("", "aecode-server-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(temporary) // a temporary folder
	os.Exit(code)
}

// BenchmarkEncodeTerms codes verbatims in batches over gRPC on loopback: client
// and server in one process, two batches under way, no cache.
func BenchmarkEncodeTerms(b *testing.B) {
	data, err := benchdata.Given()
	if err != nil {
		b.Fatal(err)
	}
	client, err := serve()
	if err != nil {
		b.Fatal(err)
	}
	for _, lang := range meddra.Languages() {
		ranked, safe := split(b, client, data, string(lang))
		b.Run("lang="+string(lang)+"/kind=ranked", func(b *testing.B) { throughput(b, client, ranked) })
		b.Run("lang="+string(lang)+"/kind=safe", func(b *testing.B) { throughput(b, client, safe) })
	}
}

// split sorts the verbatims of a language into batches of those that are ranked
// and those that a safe step codes.
func split(b *testing.B, client terminology.TerminologyClient, data *benchdata.Data, lang string) (ranked, safe []*terminology.EncodeTermsReq) {
	b.Helper()
	var rankedItems, safeItems []*terminology.EncodeItem
	var items []*terminology.EncodeItem
	for _, q := range data.Queries {
		if q.Language == lang {
			items = append(items, &terminology.EncodeItem{Term: q.Verbatim, Language: lang})
		}
	}
	for _, in := range batches(items) {
		ctx, cancel := context.WithTimeout(b.Context(), patience)
		got, err := client.EncodeTerms(ctx, in)
		cancel()
		if err != nil {
			b.Fatal(err)
		}
		for i, r := range got.GetResults() {
			switch m := coder.Method(r.GetAnswer().GetMethod()); {
			case r.GetAnswer() == nil:
				b.Fatalf("an item has no answer: %v", r)
			case r.GetAnswer().GetStatus() != terminology.EncodeStatus_CODED:
				rankedItems = append(rankedItems, in.GetItems()[i])
			case m == coder.MethodExact || m == coder.MethodFolded:
				safeItems = append(safeItems, in.GetItems()[i])
			}
		}
	}
	return batches(rankedItems), batches(safeItems)
}

// batches cuts items into full batches.
func batches(items []*terminology.EncodeItem) (all []*terminology.EncodeTermsReq) {
	for ; len(items) >= batch; items = items[batch:] {
		all = append(all, &terminology.EncodeTermsReq{Items: items[:batch]})
	}
	return all
}

func throughput(b *testing.B, client terminology.TerminologyClient, all []*terminology.EncodeTermsReq) {
	var next, done atomic.Int64
	var used benchdata.Processor
	used.Start()
	b.SetParallelism(1) // as many callers as there are processors
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			got, err := client.EncodeTerms(ctx, all[int(next.Add(1))%len(all)])
			cancel()
			if err != nil {
				b.Error(err)
				return
			}
			done.Add(int64(len(got.GetResults())))
		}
	})
	n := float64(done.Load())
	b.ReportMetric(n/b.Elapsed().Seconds(), "verbatims/s")
	b.ReportMetric(float64(used.Since())/n, "cpu-ns/verbatim")
}
