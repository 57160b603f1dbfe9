package buildinfo

import (
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/goleak"

	"aecode/common/version"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheBuildIsOneSeriesHoweverOftenItIsRegistered(t *testing.T) {
	r := prometheus.NewRegistry()
	Register(r)
	Register(r)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(r, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	want := `aecode_build_info{commit="` + version.Commit + `",goversion="` + runtime.Version() + `",version="` + version.Version + `"} 1`
	if body := answer.Body.String(); !strings.Contains(body, want) {
		t.Errorf("%s, want %s", body, want)
	}
}
