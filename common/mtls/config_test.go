package mtls

import (
	"context"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"
)

func swap(t *testing.T, a, b string) {
	t.Helper()
	for _, step := range [][2]string{{a, a + ".x"}, {b, a}, {a + ".x", b}} {
		if err := os.Rename(step[0], step[1]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAllFilesOrNone(t *testing.T) {
	for c, fine := range map[Config]bool{
		{}: true, {"c", "k", "a"}: true, {"c", "k", ""}: false, {"c", "", "a"}: false, {"", "k", "a"}: false, {"", "", "a"}: false,
	} {
		if err := c.Validate(); (err == nil) != fine || c.Enabled() != (c != Config{}) {
			t.Errorf("%+v: %v, enabled %t", c, err, c.Enabled())
		}
	}
}

func TestNobodyHasPlaintextCredentials(t *testing.T) {
	nobody, err := Open(Config{}, new(lines), prometheus.NewPedanticRegistry())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []*Identity{nobody, nil} {
		for _, creds := range []credentials.TransportCredentials{i.Client("x"), i.Server([]string{"x"}), i.Client("").Clone()} {
			if logged, ok := creds.(*loggedClient); ok {
				creds = logged.TransportCredentials
			}
			if _, ok := creds.(loopback); !ok {
				t.Errorf("%T", creds)
			}
		}
	}
}

func TestAFileThatIsNotThereStopsTheStart(t *testing.T) {
	if _, err := Open(Config{"/nowhere/crt", "/nowhere/key", "/nowhere/ca"}, new(lines), nil); err == nil || !strings.Contains(err.Error(), "/nowhere/crt") {
		t.Error(err)
	}
	if _, err := Open(Config{CertFile: "c"}, new(lines), nil); err == nil || !strings.Contains(err.Error(), "all three") {
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
	if got := strings.Join(names, " "); got != "aecode_certificate_expiry_timestamp_seconds aecode_certificate_files_faulty aecode_certificate_reload_failures_total aecode_tls_refused_total" {
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

// elsewhere is a connection with any two addresses.
type elsewhere struct {
	net.Conn
	local, remote net.Addr
}

func (e elsewhere) LocalAddr() net.Addr  { return e.local }
func (e elsewhere) RemoteAddr() net.Addr { return e.remote }

func TestAServerThatIsNotCalledIsLoggedNowAndThen(t *testing.T) {
	var log lines
	nobody, err := Open(Config{}, &log, nil)
	if err != nil {
		t.Fatal(err)
	}
	remote := &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 9101}
	creds := nobody.Client("")
	for range 10 {
		if _, _, err := creds.ClientHandshake(t.Context(), "terminology:9101", elsewhere{remote: remote}); err == nil {
			t.Fatal("it is called")
		}
	}
	if got := log.get(); len(got) != 1 || !containsAll(got[0], "server=terminology:9101", "peer=10.0.0.2:9101", "plaintext") {
		t.Errorf("%q", got)
	}
}

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
