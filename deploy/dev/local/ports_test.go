package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
)

// freePorts gives n ports on which nothing listens.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		port, err := localserver.FreePort()
		must(t, err)
		ports = append(ports, strconv.Itoa(port))
	}
	return ports
}

// serveArgs are the launcher's arguments for `make serve` on these four ports.
func serveArgs(t *testing.T, bin, out string, ports []string) []string {
	t.Helper()
	return []string{"serve", "--out", out, "--bin", bin, "--root", root, "--release", demo(t, demoRelease),
		"--terminology-port", ports[0], "--terminology-metrics-port", ports[1], "--data-sync-port", ports[2], "--data-sync-metrics-port", ports[3]}
}

func TestServeNamesEachPortThatIsTakenAndStartsNothing(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	variables := []string{"TERMINOLOGY_PORT", "TERMINOLOGY_METRICS_PORT", "DATASYNC_PORT", "DATASYNC_METRICS_PORT"}
	for i, variable := range variables {
		t.Run(variable, func(t *testing.T) {
			t.Parallel()
			ports := freePorts(t, 4)
			var config net.ListenConfig
			other, err := config.Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", ports[i]))
			must(t, err)
			defer other.Close()
			out := filepath.Join(t.TempDir(), "out")
			got := begin(t, nil, filepath.Join(bin, "local"), serveArgs(t, bin, out, ports)...).end(t)
			if got.code != 1 || got.stdout != "" {
				t.Errorf("exit code %d, want 1 and nothing on standard output: %s", got.code, got.stdout)
			}
			if !strings.Contains(got.stderr, "port "+ports[i]+" of ") || !strings.Contains(got.stderr, " is taken") || !strings.Contains(got.stderr, "make serve "+variable+"=") {
				t.Errorf("standard error names not the port %s and %s: %s", ports[i], variable, got.stderr)
			}
			for j, free := range ports {
				if j != i && strings.Contains(got.stderr, "port "+free) {
					t.Errorf("standard error names the port %s, which is free: %s", free, got.stderr)
				}
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("the output folder is made: something was started")
			}
		})
	}
}

func TestServeListensOnThePortsGiven(t *testing.T) {
	t.Parallel()
	bin, out := programs(t), t.TempDir()
	ports := freePorts(t, 4)
	serving := begin(t, nil, filepath.Join(bin, "local"), serveArgs(t, bin, out, ports)...)
	until(t, "both are up", func() (bool, string) {
		shown := serving.stdout.String()
		return strings.Contains(shown, "Ctrl-C stops both."), shown + serving.stderr.String()
	})
	for i, want := range []string{"terminology  127.0.0.1:" + ports[0], "http://127.0.0.1:" + ports[1] + "/metrics",
		"data-sync    127.0.0.1:" + ports[2], "http://127.0.0.1:" + ports[3] + "/metrics"} {
		if shown := serving.stdout.String(); !strings.Contains(shown, want) {
			t.Errorf("it does not show %q:\n%s", want, shown)
		}
		if i%2 == 0 {
			must(t, stack.Healthy(t.Context(), net.JoinHostPort("127.0.0.1", ports[i])))
		} else {
			metricsOf(t, net.JoinHostPort("127.0.0.1", ports[i]))
		}
	}
	must(t, serving.cmd.Process.Signal(syscall.SIGINT))
	if got := serving.end(t); got.code != 0 {
		t.Errorf("exit code %d after Ctrl-C\n%s", got.code, got.stderr)
	}
}

func TestPortsThatCannotBeAreRefused(t *testing.T) {
	free := freePorts(t, 2)
	a, err := strconv.Atoi(free[0])
	must(t, err)
	b, err := strconv.Atoi(free[1])
	must(t, err)
	for name, tc := range map[string]struct {
		ports servePorts
		want  string
	}{
		"twice the same":                {servePorts{a, b, a, 0}, "is given to terminology and to data-sync; choose another: make serve DATASYNC_PORT="},
		"metrics where the other is":    {servePorts{a, b, b, 0}, "is given to terminology's metrics and to data-sync"},
		"no port":                       {servePorts{0, a, b, 0}, "port 0 of terminology: must be from 1 to 65535"},
		"metrics 100 above the highest": {servePorts{a, b, 65500, 0}, "port 65600 of data-sync's metrics"},
	} {
		var opts stack.Options
		if err := tc.ports.use(context.Background(), &opts); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}
