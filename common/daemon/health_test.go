package daemon

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHealthAsksTheServiceOfTheConfiguration(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprintln(w, "said by", r.URL.Path)
	}))
	defer server.Close()
	port := server.Listener.Addr().(*net.TCPAddr).Port
	for _, tt := range []struct {
		name, dev string
		status    int
		want      int
		printed   string
	}{
		{"ready", "{Host: 127.0.0.1, Port: %d}", 200, 0, "said by /healthz\n"},
		{"on all addresses", "{Host: 0.0.0.0, Port: %d}", 200, 0, "said by /healthz\n"},
		{"no host", "{Port: %d, HealthPath: /alive}", 200, 0, "said by /alive\n"},
		{"not ready", "{Port: %d}", 503, 1, "svc: 127.0.0.1"},
		{"switched off", "{Port: %d, Enabled: false}", 200, 1, "DevServer.Enabled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status = tt.status
			path := filepath.Join(t.TempDir(), "c.yaml")
			if err := os.WriteFile(path, fmt.Appendf(nil, "Port: 3\nDevServer: "+tt.dev+"\n", port), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			got := execute([]string{"-health", "-f", path}, &out, &out, "svc", "none.yaml", func(settings) error {
				t.Error("the service ran")
				return nil
			})
			if got != tt.want || !strings.Contains(out.String(), tt.printed) {
				t.Errorf("exit %d, printed %q; want %d, %q", got, out.String(), tt.want, tt.printed)
			}
		})
	}
}
