package certfiles

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"aecode/common/testsupport/trialca"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// said collects what a Source logs.
type said struct {
	mu     sync.Mutex
	faults []string
	infos  int
}

func (s *said) Info(string, ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.infos++
}

func (s *said) Error(msg string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprint(msg, args))
}

func (s *said) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

func newCA(t *testing.T, name string, until time.Duration) *trialca.CA {
	t.Helper()
	ca, err := trialca.New(name, time.Now().Add(-24*time.Hour), time.Now().Add(until))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func bundle(t *testing.T, cas ...*trialca.CA) string {
	t.Helper()
	var all strings.Builder
	for _, ca := range cas {
		certPEM, _, err := ca.PEM()
		if err != nil {
			t.Fatal(err)
		}
		all.Write(certPEM)
	}
	return all.String()
}

// issue returns a certificate with its key. It is valid between two times relative
// to now.
func issue(t *testing.T, ca *trialca.CA, from, until time.Duration) (cert, key string) {
	t.Helper()
	certPEM, keyPEM, err := ca.Issue(trialca.Leaf{Names: []string{"service"}, NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until)})
	if err != nil {
		t.Fatal(err)
	}
	return string(certPEM), string(keyPEM)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// filled writes files with these contents.
func filled(t *testing.T, cert, key, ca string) Files {
	t.Helper()
	dir := t.TempDir()
	f := Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), CA: filepath.Join(dir, "ca.crt")}
	write(t, f.Cert, cert)
	write(t, f.Key, key)
	write(t, f.CA, ca)
	return f
}

// gathered returns the values of the metrics by name and label.
func gathered(t *testing.T, s *Source) map[string]float64 {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(s)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			key := family.GetName()
			for _, label := range metric.GetLabel() {
				key += " " + label.GetValue()
			}
			values[key] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
		}
	}
	return values
}

const (
	ownExpiry = "aecode_certificate_expiry_timestamp_seconds own"
	caExpiry  = "aecode_certificate_expiry_timestamp_seconds ca"
	failed    = "aecode_certificate_reload_failures_total"
	isFaulty  = "aecode_certificate_files_faulty"
)
