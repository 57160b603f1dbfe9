package mtls

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"aecode/common/configfile"
)

func swap(t *testing.T, a, b string) {
	t.Helper()
	for _, step := range [][2]string{{a, a + ".x"}, {b, a}, {a + ".x", b}} {
		if err := os.Rename(step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAllFilesOrNoneAndAnIdentityNeedsCallers(t *testing.T) {
	files := Config{"c", "k", "a"}
	for name, tc := range map[string]struct {
		config ServerConfig
		faults []string
	}{
		"none":                         {ServerConfig{}, nil},
		"all":                          {ServerConfig{files, []string{"data-sync", "spiffe://trial/ops"}}, nil},
		"no key":                       {ServerConfig{Config{CertFile: "c", CAFile: "a"}, []string{"x"}}, []string{"KeyFile: must be set"}},
		"a key alone":                  {ServerConfig{Config{KeyFile: "k"}, []string{"x"}}, []string{"CertFile: must", "CAFile: must"}},
		"nobody may call":              {ServerConfig{Config: files}, []string{"Clients: must name who may call"}},
		"callers without certificates": {ServerConfig{Clients: []string{"x"}}, []string{"Clients: is of no use"}},
		"a wildcard":                   {ServerConfig{files, []string{"*.example.com"}}, []string{"Clients: must be names"}},
		"a blank in a name":            {ServerConfig{files, []string{"data sync"}}, []string{"Clients: must be names"}},
		"an empty name":                {ServerConfig{files, []string{""}}, []string{"Clients: must be names"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.config.Validate()
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			if len(got) != len(tc.faults) {
				t.Fatalf("%q, want %q", got, tc.faults)
			}
			for i, want := range tc.faults {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("%q, want %q", got[i], want)
				}
			}
		})
	}
}

func TestTheSectionReadsFromAFileWithAListInOneValue(t *testing.T) {
	t.Setenv("CLIENTS", "data-sync, spiffe://trial/ops")
	var c struct{ TLS ServerConfig }
	if err := configfile.Parse("x", []byte("TLS:\n  CertFile: c\n  KeyFile: k\n  CAFile: a\n  Clients: ${CLIENTS}\n"), &c); err != nil {
		t.Fatal(err)
	}
	if c.TLS.Config != (Config{"c", "k", "a"}) || len(c.TLS.Clients) != 2 || c.TLS.Clients[1] != "spiffe://trial/ops" {
		t.Errorf("%+v", c)
	}
	if err := configfile.Parse("x", []byte("TLS:\n  Clients: \"\"\n"), &c); err != nil {
		t.Error(err)
	}
}

func TestWithoutTLSAServiceListensOnLoopbackAlone(t *testing.T) {
	with := ServerConfig{Config{"c", "k", "a"}, []string{"x"}}
	for addr, alone := range map[string]bool{
		"127.0.0.1:9101": true, "127.0.0.2:9101": true, "[::1]:9101": true, "[::ffff:127.0.0.1]:9101": true, "localhost:9101": true,
		"0.0.0.0:9101": false, ":9101": false, "[::]:9101": false, "10.0.0.1:9101": false, "terminology:9101": false,
		"localhost.example.com:9101": false, "127.0.0.1": false, "": false, "127.1:9101": false,
	} {
		err := ServerConfig{}.CheckListen(addr)
		if (err == nil) != alone {
			t.Errorf("%q: %v", addr, err)
		}
		if err != nil && !containsAll(err.Error(), "ListenOn: ", "TLS.CertFile", "127.0.0.1") {
			t.Errorf("%q: %v does not say what to do", addr, err)
		}
		if err := with.CheckListen(addr); err != nil {
			t.Errorf("%q with TLS: %v", addr, err)
		}
	}
}

func TestNobodyHasPlaintextCredentials(t *testing.T) {
	nobody, err := Open(Config{}, prometheus.NewPedanticRegistry())
	if err != nil || nobody != nil {
		t.Fatal(nobody, err)
	}
	for _, creds := range []credentials.TransportCredentials{nobody.Client(""), nobody.Server(nil), nobody.Client("").Clone()} {
		if _, ok := creds.(loopback); !ok {
			t.Errorf("%T", creds)
		}
	}
}

func TestAFileThatIsNotThereStopsTheStart(t *testing.T) {
	if _, err := Open(Config{"/nowhere/crt", "/nowhere/key", "/nowhere/ca"}, nil); err == nil || !strings.Contains(err.Error(), "/nowhere/crt") {
		t.Error(err)
	}
	if _, err := Open(Config{CertFile: "c"}, nil); err == nil || !strings.Contains(err.Error(), "KeyFile") {
		t.Error(err)
	}
}

func TestEveryMetricIsRegistered(t *testing.T) {
	ca := newCA(t, "ca")
	p := newParty(t, ca, holds("x"), ca)
	families, err := p.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, family := range families {
		names = append(names, family.GetName())
		if family.GetName() == "aecode_tls_refused_total" && len(family.GetMetric()) != 5 {
			t.Errorf("%d reasons from the start, want 5", len(family.GetMetric()))
		}
	}
	if got := strings.Join(names, " "); got != "aecode_certificate_expiry_timestamp_seconds aecode_certificate_reload_failures_total aecode_tls_refused_total" {
		t.Error(got)
	}
}

func TestCredentialsAreOfOneSide(t *testing.T) {
	ca := newCA(t, "ca")
	p := newParty(t, ca, holds("x"), ca)
	if _, _, err := p.Client("").ServerHandshake(nil); err == nil {
		t.Error("a client serves")
	}
	if _, _, err := p.Server([]string{"x"}).ClientHandshake(context.Background(), "", nil); err == nil {
		t.Error("a server calls")
	}
}

// elsewhere is a connection between two machines.
type elsewhere struct {
	net.Conn
	local, remote net.Addr
}

func (e elsewhere) LocalAddr() net.Addr  { return e.local }
func (e elsewhere) RemoteAddr() net.Addr { return e.remote }

func TestPlaintextStaysWithinTheMachine(t *testing.T) {
	at := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 9101} }
	for _, tc := range []struct {
		local, remote string
		fine          bool
	}{
		{"127.0.0.1", "127.0.0.1", true}, {"127.0.0.5", "127.0.0.9", true}, {"::1", "::1", true}, {"::ffff:127.0.0.1", "::ffff:127.0.0.1", true},
		{"10.0.0.1", "10.0.0.2", false}, {"192.168.1.1", "192.168.1.1", false}, {"fd00::1", "fd00::2", false},
	} {
		conn := elsewhere{local: at(tc.local), remote: at(tc.remote)}
		_, _, clientErr := Loopback().ClientHandshake(t.Context(), "x:1", conn)
		_, _, serverErr := Loopback().ServerHandshake(conn)
		for _, err := range []error{clientErr, serverErr} {
			if (err == nil) != tc.fine || err != nil && !containsAll(err.Error(), "plaintext", ":9101 refused", "set the TLS certificate") {
				t.Errorf("%s to %s: %v", tc.local, tc.remote, err)
			}
		}
	}
}
