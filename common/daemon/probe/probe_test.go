package probe

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAProgramOnAllAddressesIsAskedOnLoopback(t *testing.T) {
	for host, want := range map[string]string{
		"": "127.0.0.1:9202", "0.0.0.0": "127.0.0.1:9202", "::": "127.0.0.1:9202",
		"127.0.0.1": "127.0.0.1:9202", "10.1.2.3": "10.1.2.3:9202", "::1": "[::1]:9202", "name": "name:9202",
	} {
		if got := Address(host, "9202"); got != want {
			t.Errorf("%q: %s, want %s", host, got, want)
		}
	}
}

func TestOnly200IsHealthyAndTheAnswerIsGiven(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("path %s", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("as it is\n"))
	}))
	at := server.Listener.Addr().String()
	if got, err := Ask(t.Context(), at, "/healthz"); err != nil || got != "as it is" {
		t.Errorf("%q, %v", got, err)
	}
	for _, status = range []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusFound, http.StatusNoContent} {
		if got, err := Ask(t.Context(), at, "/healthz"); err == nil || got != "" {
			t.Errorf("status %d is healthy: %q", status, got)
		} else if status == http.StatusServiceUnavailable && (!strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "as it is")) {
			t.Errorf("%v, want the status and the answer", err)
		}
	}
	server.Close()
	if _, err := Ask(t.Context(), at, "/healthz"); err == nil || errors.Unwrap(err) == nil || !strings.Contains(err.Error(), at) {
		t.Errorf("nobody listens: %v, want the address and the reason", err)
	}
}
