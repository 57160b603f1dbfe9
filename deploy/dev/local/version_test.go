package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aecode/deploy/dev/local/stack"
)

// stamped builds programs as the images do, with a version given.
func stamped(t *testing.T, packages ...string) string {
	t.Helper()
	script := exec.Command("deploy/scripts/ldflags.sh")
	script.Dir, script.Env = root, append(os.Environ(), "VERSION=v9.8.7-test", "COMMIT=feedbee")
	flags, err := script.Output()
	must(t, err)
	bin := t.TempDir()
	must(t, goBuild(root, bin+string(filepath.Separator), append([]string{"-ldflags", strings.TrimSpace(string(flags)) + " -s -w"}, packages...)...))
	return bin
}

func TestAStampedServiceSaysItsVersionWhereverItIsAsked(t *testing.T) {
	t.Parallel()
	bin := stamped(t, "./data-sync", "./terminology", "./deploy/cmd/cron")
	const short = "v9.8.7-test (feedbee)"
	for _, name := range []string{"data-sync", "terminology", "cron"} {
		got := begin(t, nil, filepath.Join(bin, name), "-version").end(t)
		if got.code != 0 || !strings.HasPrefix(got.stdout, name+" "+short+" go") {
			t.Errorf("-version: %+v", got)
		}
	}
	s := begun(t, func(o *stack.Options) {
		o.Programs = map[string]string{stack.DataSync: filepath.Join(bin, "data-sync"), stack.Terminology: filepath.Join(bin, "terminology")}
	})
	for name, at := range map[string]struct{ config, metrics string }{
		stack.DataSync:    {dataSyncConfig, s.DataSyncMetrics},
		stack.Terminology: {terminologyConfig, s.TerminologyMetrics},
	} {
		env := []string{"METRICS_HOST=0.0.0.0", "METRICS_PORT=" + at.metrics[strings.LastIndex(at.metrics, ":")+1:],
			"TERMINOLOGY_RELEASE=" + demo(t, demoRelease)}
		ask := func() said {
			return begin(t, env, filepath.Join(bin, name), "-health", "-f", filepath.Join(root, at.config)).end(t)
		}
		if got := ask(); got.code != 0 || got.stdout != "ok "+name+" "+short+"\n" {
			t.Errorf("-health of %s: %+v", name, got)
		}
		resp, err := http.Get("http://" + at.metrics + "/metrics")
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		resp.Body.Close()
		if want := `aecode_build_info{commit="feedbee",goversion="go`; !strings.Contains(string(body), want) {
			t.Errorf("%s: no %s in its metrics", name, want)
		}
		must(t, s.Signal(name, os.Interrupt))
		must(t, s.Wait(t.Context(), name))
		if got := ask(); got.code != 1 || !strings.Contains(got.stderr, "127.0.0.1:") {
			t.Errorf("-health of %s after its end: %+v", name, got)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
