package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aecode/common/mtls"
	"aecode/common/testsupport/trialca"
	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
)

// certified is a folder of certificates, of which all trust the same file of
// CAs.
type certified struct {
	dir string
	ca  string
}

func newCertified(t *testing.T, trusted ...*trialca.CA) *certified {
	t.Helper()
	c := &certified{dir: t.TempDir()}
	c.ca = filepath.Join(c.dir, "ca.crt")
	c.trust(t, trusted...)
	return c
}

func newCA(t *testing.T, name string) *trialca.CA {
	t.Helper()
	ca, err := trialca.New(name, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	must(t, err)
	return ca
}

func (c *certified) trust(t *testing.T, cas ...*trialca.CA) {
	t.Helper()
	var bundle []byte
	for _, ca := range cas {
		cert, _, err := ca.PEM()
		must(t, err)
		bundle = append(bundle, cert...)
	}
	c.replace(t, c.ca, bundle)
}

// replace does as a careful rotation does.
func (c *certified) replace(t *testing.T, path string, content []byte) {
	t.Helper()
	must(t, os.WriteFile(path+".new", content, 0o600))
	must(t, os.Rename(path+".new", path))
}

// issue gives a name a certificate, which also holds the address that everything
// here runs on.
func (c *certified) issue(t *testing.T, of *trialca.CA, name string) {
	t.Helper()
	cert, key, err := of.Issue(trialca.Leaf{Names: []string{name}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour)})
	must(t, err)
	c.replace(t, c.files(name).CertFile, cert)
	c.replace(t, c.files(name).KeyFile, key)
}

func (c *certified) files(name string) mtls.Config {
	return mtls.Config{CertFile: filepath.Join(c.dir, name+".crt"), KeyFile: filepath.Join(c.dir, name+".key"), CAFile: c.ca}
}

func (c *certified) env(name string) []string {
	f := c.files(name)
	return []string{"AECODE_TLS_CERT=" + f.CertFile, "AECODE_TLS_KEY=" + f.KeyFile, "AECODE_TLS_CA=" + f.CAFile}
}

func (c *certified) identity(t *testing.T, name string) *mtls.Identity {
	t.Helper()
	identity, err := mtls.Open(c.files(name), slog.New(slog.DiscardHandler), nil)
	must(t, err)
	return identity
}

// over makes both services speak mutual TLS, with the test as a caller called
// probe.
func (c *certified) over(t *testing.T, of *trialca.CA) func(*stack.Options) {
	t.Helper()
	for _, name := range []string{stack.Terminology, stack.DataSync, "syncctl", "probe", "stranger"} {
		c.issue(t, of, name)
	}
	return func(o *stack.Options) {
		o.EnvOf = map[string][]string{
			stack.Terminology: append(c.env(stack.Terminology), "TERMINOLOGY_CLIENTS=data-sync,probe"),
			stack.DataSync:    append(c.env(stack.DataSync), "DATASYNC_CLIENTS=syncctl, probe", "TERMINOLOGY_SERVER_NAME=terminology"),
		}
		o.Credentials = c.identity(t, "probe").Client("")
	}
}

// as runs syncctl as somebody.
func (s *system) as(t *testing.T, env []string, args ...string) said {
	t.Helper()
	return begin(t, append(env, "SYNCCTL_SERVER="+s.DataSyncAddr), filepath.Join(s.bin, "syncctl"), args...).end(t)
}

func TestANightOverMutualTLSServesThoseOnTheListsAlone(t *testing.T) {
	t.Parallel()
	ca := newCA(t, "ca")
	c := newCertified(t, ca)
	s := begun(t, c.over(t, ca))
	known := append(c.env("syncctl"), "SYNCCTL_TLS_SERVER_NAME=data-sync")
	if got := s.as(t, known, "import", demo(t, demoReports), "--id", "USUBJID,AESEQ"); got.code != 0 {
		t.Fatalf("import: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	got := s.as(t, known, "run", "--wait")
	if got.code != 0 || readTable(t, got.stdout).counts["coded"] != 350 {
		t.Errorf("run: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	f := c.files("syncctl")
	if got := s.as(t, stack.Plaintext, "status", "--tls-cert", f.CertFile, "--tls-key", f.KeyFile, "--tls-ca", f.CAFile); got.code != 0 {
		t.Errorf("by flags, and the address in the certificate: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}

	for name, env := range map[string][]string{
		"in plaintext":             stack.Plaintext,
		"as a stranger":            append(c.env("stranger"), "SYNCCTL_TLS_SERVER_NAME=data-sync"),
		"to a server so not named": append(c.env("syncctl"), "SYNCCTL_TLS_SERVER_NAME=terminology"),
	} {
		if got := s.as(t, env, "status", "--call-timeout", "2s"); got.code != 1 || got.stdout != "" {
			t.Errorf("syncctl %s: exit code %d\n%s%s", name, got.code, got.stdout, got.stderr)
		}
	}
	for service, addr := range map[string]string{stack.Terminology: s.TerminologyAddr, stack.DataSync: s.DataSyncAddr} {
		if err := stack.Healthy(t.Context(), addr); err == nil {
			t.Errorf("%s serves plaintext", service)
		}
		if err := stack.HealthyAs(t.Context(), addr, c.identity(t, "stranger").Client("")); err == nil {
			t.Errorf("%s serves a stranger", service)
		}
		for _, reason := range []string{"plaintext", "not_allowed"} {
			s.refuses(t, service, reason)
		}
		for _, certificate := range []string{"own", "ca"} {
			until := time.Unix(int64(s.counter(t, service, `aecode_certificate_expiry_timestamp_seconds\{certificate="`+certificate+`"\}`)), 0)
			if left := time.Until(until); left < 11*time.Hour || left > 25*time.Hour {
				t.Errorf("%s: the certificate %s ends in %v", service, certificate, left)
			}
		}
		until(t, "the log of "+service+" tells who was refused", func() (bool, string) {
			log := readFile(t, s.log(service))
			return strings.Contains(log, `"names":["stranger"]`) && strings.Contains(log, `"reason":"plaintext"`), "it does not"
		})
	}
}

// Certificates and then their CA are exchanged under calls that go through both
// services. Only the calls' own deadlines bound them: nobody repeats them.
func TestReplacedCertificateFilesAreTakenUpUnderLoad(t *testing.T) {
	t.Parallel()
	first, second := newCA(t, "first"), newCA(t, "second")
	c := newCertified(t, first)
	s := begun(t, c.over(t, first))
	conn, err := stack.DialAs(s.DataSyncAddr, c.identity(t, "probe").Client("data-sync"))
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	client := datasync.NewDataSyncClient(conn)
	var over atomic.Bool
	var calls atomic.Int64
	var load sync.WaitGroup
	defer load.Wait()
	defer over.Store(true)
	load.Go(func() {
		for n := 0; !over.Load(); n++ {
			within, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			answer, err := client.SyncAEData(within, &datasync.SyncRequest{OriginalTerm: fmt.Sprintf("headache %d", n)})
			cancel()
			if err != nil || !answer.GetSuccess() {
				t.Errorf("call %d was lost: %v", n, err)
				return
			}
			calls.Add(1)
			time.Sleep(50 * time.Millisecond)
		}
	})
	both := map[string]string{stack.Terminology: s.TerminologyAddr, stack.DataSync: s.DataSyncAddr}
	takenUp := func(times int) {
		t.Helper()
		for service := range both {
			until(t, fmt.Sprintf("change %d taken up by %s", times, service), func() (bool, string) {
				s.counter(t, service, `aecode_certificate_reload_failures_total`) // a look at the metrics is one at the files
				n := strings.Count(readFile(t, s.log(service)), "changed certificate files loaded")
				return n == times, fmt.Sprintf("%d", n)
			})
		}
	}
	everyConnectionAnew := func() {
		t.Helper()
		before := calls.Load()
		time.Sleep(15 * time.Second) // connections live 10 s, give or take one
		if calls.Load() == before {
			t.Error("no call meanwhile: the test shows nothing")
		}
	}

	c.trust(t, first, second)
	takenUp(1)
	everyConnectionAnew()
	for _, name := range []string{stack.Terminology, stack.DataSync, "probe", "syncctl"} {
		c.issue(t, second, name)
	}
	takenUp(2)
	everyConnectionAnew()
	c.trust(t, second)
	takenUp(3)
	everyConnectionAnew()
	over.Store(true)
	load.Wait()
	t.Logf("%d calls", calls.Load())

	pair, err := tls.LoadX509KeyPair(c.files("syncctl").CertFile, c.files("syncctl").KeyFile)
	must(t, err)
	for service, addr := range both {
		raw, err := (&tls.Dialer{Config: &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}}).DialContext(t.Context(), "tcp", addr)
		must(t, err)
		if shown := raw.(*tls.Conn).ConnectionState().PeerCertificates[0]; shown.Issuer.CommonName != "second" {
			t.Errorf("%s shows a certificate of %s", service, shown.Issuer)
		}
		must(t, raw.Close())
		// The stranger's is still of the first CA.
		if err := stack.HealthyAs(t.Context(), addr, c.identity(t, "stranger").Client("")); err == nil {
			t.Errorf("%s serves a certificate of a CA that is not trusted any more", service)
		}
		s.refuses(t, service, "unknown_ca")
		if n := s.counter(t, service, `aecode_certificate_reload_failures_total`); n != 0 {
			t.Errorf("%s counts %d failures", service, n)
		}
	}
	if got := s.as(t, append(c.env("syncctl"), "SYNCCTL_TLS_SERVER_NAME=data-sync"), "status", "--all"); got.code != 0 {
		t.Errorf("syncctl: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

func TestWithoutTLSAServiceStartsOnNoNetwork(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	for program, tc := range map[string]struct{ config, listen string }{
		"data-sync":   {dataSyncConfig, "DATASYNC_LISTEN"},
		"terminology": {terminologyConfig, "TERMINOLOGY_LISTEN"},
	} {
		for _, addr := range []string{"0.0.0.0:9", ":9", program + ":9"} {
			env := slices.Concat(stack.Plaintext, []string{tc.listen + "=" + addr, "TERMINOLOGY_RELEASE=" + demo(t, demoRelease)})
			got := begin(t, env, filepath.Join(bin, program), "-f", filepath.Join(root, tc.config)).end(t)
			if got.code != 1 || !strings.Contains(got.stderr, "ListenOn: ") || !strings.Contains(got.stderr, "TLS.CertFile") {
				t.Errorf("%s on %s: exit code %d, %s", program, addr, got.code, got.stderr)
			}
		}
	}
}

// refuses waits until a service has counted a refusal: its caller hears of it
// before that.
func (s *system) refuses(t *testing.T, service, reason string) {
	t.Helper()
	until(t, service+" counts a caller as "+reason, func() (bool, string) {
		return s.counter(t, service, `aecode_tls_refused_total\{reason="`+reason+`"\}`) > 0, "none"
	})
}
