package redisconn

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aecode/common/redisconn/rediserr"
	"aecode/common/testsupport/localserver"
	"aecode/common/testsupport/trialca"
)

func newCA(t *testing.T, name string) *trialca.CA {
	t.Helper()
	ca, err := trialca.New(name, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// shown returns the certificate of a Redis with its address and the name "redis".
func shown(t *testing.T, ca *trialca.CA) *localserver.Certificate {
	t.Helper()
	c := &localserver.Certificate{}
	var err error
	c.Cert, c.Key, err = ca.Issue(trialca.Leaf{Names: []string{"redis"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if c.CA, _, err = ca.PEM(); err != nil {
		t.Fatal(err)
	}
	return c
}

func file(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pem")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func stopped(t *testing.T, server interface{ Stop() error }) {
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
}

func secured(t *testing.T, of *localserver.Certificate) *localserver.Redis {
	t.Helper()
	server, err := localserver.StartRedis(t.Context(), localserver.RedisOptions{TLS: of})
	if err != nil {
		t.Fatal(err)
	}
	stopped(t, server)
	return server
}

func TestTLSReachesARedisThatIsWhoItShouldBeAndNoOther(t *testing.T) {
	ca := newCA(t, "ca")
	of := shown(t, ca)
	addrs := []string{secured(t, of).Addr()}
	_, port, err := net.SplitHostPort(addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	trusted, unknown := file(t, of.CA), file(t, shown(t, newCA(t, "unknown")).CA)
	for name, tc := range map[string]struct {
		conf    Config
		refused bool // for good
		fails   bool
	}{
		"its CA":                          {Config{Addrs: addrs, TLS: TLS{Enabled: true, CAFile: trusted}}, false, false},
		"its CA and the name given":       {Config{Addrs: addrs, TLS: TLS{Enabled: true, CAFile: trusted, ServerName: "redis"}}, false, false},
		"another name than it has":        {Config{Addrs: addrs, TLS: TLS{Enabled: true, CAFile: trusted, ServerName: "other"}}, true, true},
		"another host than it has":        {Config{Addrs: []string{"localhost:" + port}, TLS: TLS{Enabled: true, CAFile: trusted}}, true, true},
		"an unknown CA":                   {Config{Addrs: addrs, TLS: TLS{Enabled: true, CAFile: unknown}}, true, true},
		"the system's CAs, which is none": {Config{Addrs: addrs, TLS: TLS{Enabled: true}}, true, true},
		"plaintext":                       {Config{Addrs: addrs}, false, true},
	} {
		err := ping(t, tc.conf)
		if (err != nil) != tc.fails || errors.Is(err, rediserr.ErrRefused) != tc.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A Redis without TLS takes the handshake for a command and waits for its end.
func TestTLSToARedisWithoutItEndsWithTheDialTimeout(t *testing.T) {
	server, err := localserver.StartRedis(t.Context(), localserver.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stopped(t, server)
	began := time.Now()
	if err := ping(t, Config{Addrs: []string{server.Addr()}, DialTimeout: 100 * time.Millisecond, TLS: TLS{Enabled: true}}); err == nil {
		t.Error("served")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v with a timeout of 100ms", took)
	}
}

func TestARedisThatAsksForACertificateGetsOne(t *testing.T) {
	ca := newCA(t, "ca")
	of := shown(t, ca)
	of.AskClients = true
	conf := Config{Addrs: []string{secured(t, of).Addr()}, TLS: TLS{Enabled: true, CAFile: file(t, of.CA)}}
	if err := ping(t, conf); err == nil {
		t.Error("served without a certificate")
	}
	own := shown(t, ca)
	conf.TLS.CertFile, conf.TLS.KeyFile = file(t, own.Cert), file(t, own.Key)
	if err := ping(t, conf); err != nil {
		t.Error(err)
	}
}

func TestTLSReachesTheMasterBehindSentinels(t *testing.T) {
	of := shown(t, newCA(t, "ca"))
	server, err := localserver.StartSentinel(t.Context(), localserver.RedisOptions{TLS: of})
	if err != nil {
		t.Fatal(err)
	}
	stopped(t, server)
	conf := Config{Addrs: server.Addrs(), MasterName: localserver.SentinelMaster, TLS: TLS{Enabled: true, CAFile: file(t, of.CA)}}
	writes(t, conf)
	conf.TLS.CAFile = file(t, shown(t, newCA(t, "unknown")).CA)
	if err := ping(t, conf); err == nil {
		t.Error("sentinels of an unknown CA are asked")
	}
}

func TestTLSReachesEveryNodeOfACluster(t *testing.T) {
	of := shown(t, newCA(t, "ca"))
	server, err := localserver.StartCluster(t.Context(), 3, localserver.RedisOptions{TLS: of})
	if err != nil {
		t.Fatal(err)
	}
	stopped(t, server)
	writes(t, Config{Addrs: server.Addrs()[:1], Cluster: true, TLS: TLS{Enabled: true, CAFile: file(t, of.CA)}})
}

// writes sets keys of every node.
func writes(t *testing.T, conf Config) {
	t.Helper()
	client, err := Open(conf)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 20 {
		if err := client.Set(t.Context(), string(rune('a'+i)), i, time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARotatedCAIsTakenUpForNewConnections(t *testing.T) {
	of := shown(t, newCA(t, "ca"))
	path := file(t, shown(t, newCA(t, "before")).CA)
	client, err := Open(Config{Addrs: []string{secured(t, of).Addr()}, TLS: TLS{Enabled: true, CAFile: path}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := Ping(t.Context(), client); err == nil {
		t.Fatal("served under the CA before")
	}
	if err := os.WriteFile(path, of.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := Ping(t.Context(), client)
		if err == nil {
			return
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("the new CA is not taken up: %v", err)
		}
	}
}

func TestAFileOfTLSThatIsNotThereIsNamed(t *testing.T) {
	_, err := Open(Config{Addrs: []string{"127.0.0.1:1"}, TLS: TLS{Enabled: true, CAFile: "/nowhere/ca.crt"}})
	if err == nil || !strings.Contains(err.Error(), "TLS: CA: open /nowhere/ca.crt") {
		t.Error(err)
	}
}
