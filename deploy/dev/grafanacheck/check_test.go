package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMetricNamesAreWhatIsNoFunctionLabelOrWord(t *testing.T) {
	for expr, want := range map[string]string{
		`sum by (status, method) (increase(aecode_reports_total[1h])) > 0`:                              "aecode_reports_total",
		`sum(rate(a_total{code="8", x=~"b|c"}[5m])) or vector(0)`:                                       "a_total",
		`(time() - max(a:b:max) > 4.25 * 3600) unless on () (max(c) >= on () d)`:                        "a:b:max c d",
		`avg_over_time(r[7d] offset 1d) - r > 0.10`:                                                     "r",
		`topk(1, a) and ignoring (x) group_left (y) b`:                                                  "a b",
		`max_over_time(x[1h:1m]) == bool 1e3 # no comment`:                                              "x",
		`label_replace(up, "job", "$1", "instance", "(not_a_metric):.*")`:                               "up",
		`histogram_quantile(0.5, sum by(le)(rate(h_bucket[5m]))) > Inf`:                                 "h_bucket",
		`absent(up{job="data-sync"}) or (sum by (job) (up{job=~"data-sync|terminology|nightly"}) == 0)`: "up",
	} {
		if got := strings.Join(MetricNames(expr), " "); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

func TestEveryVariableOfAQueryMustStandForSomething(t *testing.T) {
	spans := map[string]time.Duration{"__range": time.Hour}
	if got, err := fill("a[$__range] + b[${__range}]", spans); err != nil || got != "a[3600s] + b[3600s]" {
		t.Errorf("%q %v", got, err)
	}
	if _, err := fill("a{job=\"$job\"}", spans); err == nil {
		t.Error("$job was left")
	}
}

// fake is a Prometheus that knows the metric there_total and the rules given, and
// answers each query as is planned. It gives its address.
func fake(t *testing.T, byQuery map[string]string, rules string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body := `{"status":"success","data":`
		switch r.URL.Path {
		case "/api/v1/query":
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			body += `{"resultType":"vector","result":[` + byQuery[r.Form.Get("query")] + `]}}`
		case "/api/v1/rules":
			body += `{"groups":[` + rules + `]}}`
		case "/api/v1/label/__name__/values":
			body += `["there_total"]}`
		default:
			t.Errorf("asked for %s", r.URL)
		}
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func answers(t *testing.T, byQuery map[string]string, rules string) *Server {
	t.Helper()
	s, err := Connect(fake(t, byQuery, rules))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

const (
	goodRule = `{"name":"g","file":"f","interval":1,"rules":[{"type":"recording","name":"a:there:sum","query":"sum(there_total)","health":"ok"}]}`
	badRules = `{"name":"g","file":"f","interval":1,"rules":[
		{"type":"alerting","name":"Gone","query":"gone_total > 0","health":"ok","alerts":[],"labels":{},"annotations":{},"duration":0,"state":"inactive"},
		{"type":"recording","name":"a:b:c","query":"there_total","health":"err","lastError":"many-to-many"}]}`
	one = `{"metric":{"job":"x"},"value":[1,"1"]}`
	nan = `{"metric":{"job":"x"},"value":[1,"NaN"]}`
)

func missing(findings []Finding) (what []string) {
	for _, f := range findings {
		if !f.OK {
			what = append(what, f.What)
		}
	}
	return what
}

func TestAQueryWithoutANumberAndANameThatDoesNotExistAreFound(t *testing.T) {
	queries := []Query{{"Full", "A", "a:there:sum"}, {"Empty", "A", "there_total > 9"}, {"Undefined", "B", "there_total / 0"}, {"Firing", "A", `count(ALERTS)`}}
	planned := map[string]string{"a:there:sum": one, "there_total / 0": nan, "count(ALERTS)": one}
	got := missing(Check(t.Context(), answers(t, planned, goodRule), queries))
	if want := []string{"panel Empty, query A", "panel Undefined, query B"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	queries = []Query{{"Full", "A", "there_total"}, {"Old", "A", "renamed_total or vector(0)"}}
	planned = map[string]string{"there_total": one, "renamed_total or vector(0)": one}
	got = missing(Check(t.Context(), answers(t, planned, badRules), queries))
	if want := []string{"rule a:b:c", "metric gone_total", "metric renamed_total"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := missing(Check(t.Context(), answers(t, planned, ""), queries[:1])); !slices.Equal(got, []string{"rules"}) {
		t.Errorf("a Prometheus without rules: %q", got)
	}
}

func TestTheProgramPrintsALineForEachAndEndsWith1WhereOneIsMissing(t *testing.T) {
	folder := t.TempDir()
	text := `{"title":"T","panels":[{"type":"row","panels":[{"title":"P","targets":[{"refId":"A","expr":"there_total"},{"refId":"B","expr":"rate(there_total[$__rate_interval])"}]}]}]}`
	if err := os.WriteFile(filepath.Join(folder, "t.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(planned map[string]string) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"-prometheus", fake(t, planned, goodRule), "-dashboards", folder}, &out, &errs)
		return code, out.String() + errs.String()
	}
	code, said := check(map[string]string{"there_total": one, "rate(there_total[300s])": one})
	if code != allThere || !strings.Contains(said, "ok    panel P, query B: 1 series\n") || strings.Contains(said, "MISS") {
		t.Errorf("code %d\n%s", code, said)
	}
	code, said = check(map[string]string{"there_total": one})
	if code != somethingMissing || !strings.Contains(said, "MISS  panel P, query B: no data: rate(there_total[300s])\n") || !strings.Contains(said, "1 of 4 are missing") {
		t.Errorf("code %d\n%s", code, said)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-dashboards", t.TempDir()}, &out, &errs); code != wrongUsage || !strings.Contains(errs.String(), "no *.json") {
		t.Errorf("a folder without dashboards: code %d\n%s", code, errs.String())
	}
}
