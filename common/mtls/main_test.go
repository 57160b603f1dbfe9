package mtls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"

	"aecode/common/testsupport/trialca"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

func newCA(t *testing.T, name string) *trialca.CA {
	t.Helper()
	ca, err := trialca.New(name, time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// party is one end of a connection with its files.
type party struct {
	Config
	*Identity
	registry *prometheus.Registry
	logged   lines
}

// lines are what was logged.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Info(string, ...any) {}

func (l *lines) Error(msg string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := 0; i < len(args); i += 2 {
		msg += fmt.Sprintf(" %v=%v", args[i], args[i+1])
	}
	l.all = append(l.all, msg)
}

func (l *lines) get() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

// holds returns a leaf with these names that is valid from an hour before now to
// an hour after now.
func holds(names ...string) trialca.Leaf {
	return trialca.Leaf{Names: names, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
}

// newParty returns a party with a certificate that a CA issued. It trusts other
// CAs.
func newParty(t *testing.T, of *trialca.CA, leaf trialca.Leaf, trusts ...*trialca.CA) *party {
	t.Helper()
	dir := t.TempDir()
	p := &party{registry: prometheus.NewPedanticRegistry()}
	p.Config = Config{filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"), filepath.Join(dir, "ca.crt")}
	p.trust(t, trusts...)
	p.renew(t, of, leaf)
	var err error
	if p.Identity, err = Open(p.Config, &p.logged, p.registry); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *party) renew(t *testing.T, of *trialca.CA, leaf trialca.Leaf) {
	t.Helper()
	cert, key, err := of.Issue(leaf)
	if err = errors.Join(err, os.WriteFile(p.CertFile, cert, 0o600), os.WriteFile(p.KeyFile, key, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func (p *party) trust(t *testing.T, cas ...*trialca.CA) {
	t.Helper()
	var bundle []byte
	for _, ca := range cas {
		cert, _, err := ca.PEM()
		if err != nil {
			t.Fatal(err)
		}
		bundle = append(bundle, cert...)
	}
	if err := os.WriteFile(p.CAFile, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
}

// refusals returns aecode_tls_refused_total by reason, without zeros.
func (p *party) refusals(t *testing.T) map[string]int {
	t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if n := int(metric.GetCounter().GetValue()); family.GetName() == "aecode_tls_refused_total" && n > 0 {
				counts[metric.GetLabel()[0].GetValue()] = n
			}
		}
	}
	return counts
}

// service is a gRPC server in this process. The maximum age of its connections is
// 10 s, as in the services.
type service struct{ pipe *bufconn.Listener }

func serve(t *testing.T, creds credentials.TransportCredentials) *service {
	t.Helper()
	s := &service{bufconn.Listen(1 << 16)}
	server := grpc.NewServer(grpc.Creds(creds), grpc.ConnectionTimeout(10*time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: 10 * time.Second, MaxConnectionAgeGrace: time.Minute}))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- server.Serve(s.pipe) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// dial connects to the service under a name.
func (s *service) dial(t *testing.T, creds credentials.TransportCredentials, name string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+name+":9101", grpc.WithTransportCredentials(creds),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return s.pipe.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// call makes one call without retries.
func call(t *testing.T, conn *grpc.ClientConn, opts ...grpc.CallOption) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, opts...)
	return err
}

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
