package store

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
	"aecode/common/testsupport/trialca"
)

func trialCA(t *testing.T) (*trialca.CA, string) {
	t.Helper()
	ca, err := trialca.New("ca", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	certPEM, _, err := ca.PEM()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(path, certPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return ca, path
}

// with gives a URL with these parameters alone, and another host where one is
// given.
func with(t *testing.T, raw, host string, parameters url.Values) string {
	t.Helper()
	at, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		at.Host = net.JoinHostPort(host, at.Port())
	}
	at.RawQuery = parameters.Encode()
	return at.String()
}

func TestPostgreSQLOverTLSIsWhoItShouldBeAndNoOther(t *testing.T) {
	t.Parallel()
	ca, trusted := trialCA(t)
	_, unknown := trialCA(t)
	shown := &localserver.Certificate{}
	var err error
	shown.Cert, shown.Key, err = ca.Issue(trialca.Leaf{Names: []string{"db"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	pg, err := localserver.StartPostgres(t.Context(), localserver.PostgresOptions{TLS: shown})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := pg.CreateDatabase(t.Context(), "secured", ""); err != nil {
		t.Fatal(err)
	}
	secured, plain := pg.URL("secured"), server.database(t, template)
	for name, tc := range map[string]struct{ url, refused string }{
		"its CA": {with(t, secured, "", url.Values{"sslmode": {"verify-full"}, "sslrootcert": {trusted}}), ""},
		"a certificate of another CA": {with(t, secured, "", url.Values{"sslmode": {"verify-full"}, "sslrootcert": {unknown}}),
			"unknown authority"},
		"the system's CAs, which is none": {with(t, secured, "", url.Values{"sslmode": {"verify-full"}}), "unknown authority"},
		"another host than it has": {with(t, secured, "localhost", url.Values{"sslmode": {"verify-full"}, "sslrootcert": {trusted}}),
			"not localhost"},
		"a server without TLS": {with(t, plain, "", url.Values{"sslmode": {"verify-full"}, "sslrootcert": {trusted}}),
			"refused TLS"},
		"a CA file that is not there": {with(t, secured, "", url.Values{"sslmode": {"verify-full"}, "sslrootcert": {"/nowhere/ca.crt"}}),
			"/nowhere/ca.crt"},
	} {
		s, err := Open(t.Context(), pgConfig(tc.url))
		switch {
		case tc.refused != "" && err == nil:
			t.Errorf("%s: it was opened", name)
		case tc.refused != "" && !strings.Contains(err.Error(), tc.refused):
			t.Errorf("%s: %v, want %q", name, err, tc.refused)
		case tc.refused == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			if strings.Contains(err.Error(), "localserver") {
				t.Errorf("%s: the password is shown: %v", name, err)
			}
			continue
		}
		var encrypted bool
		if err := s.read.QueryRowContext(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&encrypted); err != nil || !encrypted {
			t.Errorf("%s: encrypted %t, %v", name, encrypted, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
