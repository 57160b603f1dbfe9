package rpcclient

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"aecode/common/mtls"
	"aecode/common/testsupport/trialca"
)

// trial is a CA and a folder for its certificates.
type trial struct {
	*trialca.CA
	dir string
}

func newTrial(t *testing.T) trial {
	t.Helper()
	ca, err := trialca.New("ca", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return trial{ca, t.TempDir()}
}

// identity returns an identity with a name or an IP address.
func (c trial) identity(t *testing.T, name string) *mtls.Identity {
	t.Helper()
	leaf := trialca.Leaf{Names: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	if ip := net.ParseIP(name); ip != nil {
		leaf.Names, leaf.IPs = []string{"by-address"}, []net.IP{ip}
	}
	cert, key, err := c.Issue(leaf)
	if err != nil {
		t.Fatal(err)
	}
	ca, _, err := c.PEM()
	if err != nil {
		t.Fatal(err)
	}
	at := func(ext string) string { return filepath.Join(c.dir, name+ext) }
	conf := mtls.Config{CertFile: at(".crt"), KeyFile: at(".key"), CAFile: at(".ca")}
	if err := errors.Join(os.WriteFile(conf.CertFile, cert, 0o600), os.WriteFile(conf.KeyFile, key, 0o600), os.WriteFile(conf.CAFile, ca, 0o600)); err != nil {
		t.Fatal(err)
	}
	identity, err := mtls.Open(conf, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// serve starts a replica with the identity of a name.
func (c trial) serve(t *testing.T, addr, name string) *replica {
	t.Helper()
	return serve(t, addr, grpc.Creds(c.identity(t, name).Server([]string{"caller"})))
}

func TestEachReplicasCertificateIsHeldAgainstItsOwnHost(t *testing.T) {
	t.Parallel()
	ca, port := newTrial(t), freePort(t)
	// Two names and an address lead to a replica each. A third name leads to a
	// replica that has the certificate of another one.
	endpoints := []string{"127.0.0.7:" + port}
	for i, name := range []string{"a.test", "b.test", "c.test"} {
		dns := startNames(t, fmt.Sprintf("127.0.0.%d", 4+i))
		endpoints = append(endpoints, fmt.Sprintf("dns://%s/%s:%s", dns.Addr(), name, port))
	}
	right := []*replica{ca.serve(t, "127.0.0.4:"+port, "a.test"), ca.serve(t, "127.0.0.5:"+port, "b.test"), ca.serve(t, "127.0.0.7:"+port, "127.0.0.7")}
	wrong := ca.serve(t, "127.0.0.6:"+port, "a.test")
	conn := connectAs(t, strings.Join(endpoints, ","), ca.identity(t, "caller").Client(""))
	untilServed(t, conn, patience)
	await(t, "calls of all that are who they should be", func() bool {
		if err := say(t.Context(), conn); err != nil {
			t.Log(err) // a replica may be starting
		}
		for _, r := range right {
			if r.calls.Load() == 0 {
				return false
			}
		}
		return true
	})
	if n := wrong.calls.Load(); n != 0 {
		t.Errorf("a replica with another one's certificate got %d calls", n)
	}
}

func TestOneNameMayStandForAllReplicasCalledByAddress(t *testing.T) {
	t.Parallel()
	ca, port := newTrial(t), freePort(t)
	first, second := ca.serve(t, "127.0.0.8:"+port, "terminology"), ca.serve(t, "127.0.0.9:"+port, "terminology")
	addresses := fmt.Sprintf("127.0.0.8:%[1]s,127.0.0.9:%[1]s", port)
	conn := connectAs(t, addresses, ca.identity(t, "caller").Client("terminology"))
	untilServed(t, conn, patience)
	await(t, "calls of both", func() bool {
		if err := say(t.Context(), conn); err != nil {
			t.Log(err)
		}
		return first.calls.Load() > 0 && second.calls.Load() > 0
	})
	if err := sayWithin(t.Context(), connectAs(t, addresses, ca.identity(t, "caller").Client("")), patience); err == nil || !strings.Contains(err.Error(), "127.0.0.") {
		t.Errorf("without the name: %v", err)
	}
}

func TestAServerThatAcceptsAndNeverSpeaksIsLeftForOneThatDoes(t *testing.T) {
	t.Parallel()
	ca, port := newTrial(t), freePort(t)
	silent, err := net.Listen("tcp", "127.0.0.10:"+port)
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() {
		conn, err := silent.Accept()
		if err == nil {
			_, err = io.Copy(io.Discard, conn) // until the client goes
			err = errors.Join(err, conn.Close())
		}
		left <- err
	}()
	defer silent.Close()
	ca.serve(t, "127.0.0.11:"+port, "terminology")
	conn := connectAs(t, fmt.Sprintf("127.0.0.10:%[1]s,127.0.0.11:%[1]s", port), ca.identity(t, "caller").Client("terminology"))
	untilServed(t, conn, patience)
	select {
	case err := <-left:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Errorf("the client holds on to a handshake for more than %v", patience)
	}
}
