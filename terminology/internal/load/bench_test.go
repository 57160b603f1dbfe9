package load

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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

// batch is how many verbatims a call of the nightly run holds.
const batch = 64

// patience is the deadline of a call: what is measured is the work.
const patience = 10 * time.Second

// folder gives the version folder of the release.
func folder(b *testing.B) (*benchdata.Data, string) {
	b.Helper()
	data, err := benchdata.Given()
	if err != nil {
		b.Fatal(err)
	}
	dir, err := data.Folder(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	return data, dir
}

// freePort gives a port that nobody listens on.
func freePort(b *testing.B) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// BenchmarkStart starts the program as it is served, and waits until it is ready.
// resident-MB is what it holds then, peak-MB the most it held.
func BenchmarkStart(b *testing.B) {
	_, dir := folder(b)
	program := filepath.Join(b.TempDir(), "terminology")
	if said, err := exec.Command("go", "build", "-o", program, "aecode/terminology").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	for _, lang := range []string{"en", "zh", "both"} {
		release := dir
		if lang != "both" {
			release = filepath.Join(dir, lang, "MedAscii")
		}
		b.Run("lang="+lang, func(b *testing.B) {
			var resident, peak, used []float64
			for b.Loop() {
				p := start(b, program, release)
				r, most := p.memory(b)
				p.stop(b)
				resident, peak = append(resident, r), append(peak, most)
				used = append(used, p.cmd.ProcessState.UserTime().Seconds()+p.cmd.ProcessState.SystemTime().Seconds())
			}
			b.ReportMetric(mean(resident), "resident-MB")
			b.ReportMetric(mean(peak), "peak-MB")
			b.ReportMetric(mean(used)*1e9, "cpu-ns/op")
		})
	}
}

func mean(all []float64) float64 {
	sum := 0.0
	for _, v := range all {
		sum += v
	}
	return sum / float64(len(all))
}

type process struct{ cmd *exec.Cmd }

// start starts the program and waits until it says that it is ready.
func start(b *testing.B, program, release string) process {
	b.Helper()
	metrics := freePort(b)
	cmd := exec.Command(program, "-f", "../../etc/terminology.yaml")
	cmd.Env = append(os.Environ(), "TERMINOLOGY_RELEASE="+release, "TERMINOLOGY_LIBRARY=",
		fmt.Sprintf("TERMINOLOGY_LISTEN=127.0.0.1:%d", freePort(b)), "METRICS_PORT="+strconv.Itoa(metrics))
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	healthz := fmt.Sprintf("http://127.0.0.1:%d/healthz", metrics)
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		answer, err := http.Get(healthz)
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return process{cmd}
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	b.Fatalf("terminology is not ready within a minute\n%s", log.String())
	return process{}
}

// memory reads what is resident now and was at most.
func (p process) memory(b *testing.B) (now, peak float64) {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skip("resident memory is read from /proc")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 {
			continue
		}
		kB, _ := strconv.ParseFloat(fields[1], 64)
		switch fields[0] {
		case "VmRSS:":
			now = kB * 1024 / 1e6
		case "VmHWM:":
			peak = kB * 1024 / 1e6
		}
	}
	return now, peak
}

func (p process) stop(b *testing.B) {
	b.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	_ = p.cmd.Wait() // how it ends is tested elsewhere
}

// serve runs terminology's server in this process and connects to it. It can be
// stopped once a process only, so all benchmarks share it.
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
	conf.Dictionaries.Release = dir // no cache: every verbatim is worked on
	s := svc.NewServiceContext(conf)
	ready := rpcserver.NewReadiness()
	rpc, err := rpcserver.New(conf.RpcServerConf, rpcserver.Options{MaxInFlight: 64, MaxStreams: 16, Ready: ready}, func(g *grpc.Server) {
		terminology.RegisterTerminologyServer(g, server.NewTerminologyServer(s))
	})
	if err != nil {
		return nil, err
	}
	logx.Disable()
	if err := s.Load(); err != nil {
		return nil, err
	}
	ready.Set(true)
	go func() { _ = rpc.Serve() }() // ends with the process; a call says what is wrong
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
	if temporary, err = os.MkdirTemp("", "aecode-load-"); err != nil {
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
