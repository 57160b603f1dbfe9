package mtls

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"aecode/common/testsupport/trialca"
)

var (
	noReason = map[string]int(nil)
	once     = func(reason string) map[string]int { return map[string]int{reason: 1} }
)

// Each case is one connection to a service named terminology, which serves
// data-sync and spiffe://trial/ops.
func TestWhoIsServedAndWhoIsRefused(t *testing.T) {
	expired := func() trialca.Leaf {
		leaf := holds("data-sync")
		leaf.NotAfter = time.Now().Add(-time.Minute)
		return leaf
	}
	future := func() trialca.Leaf {
		leaf := holds("data-sync")
		leaf.NotBefore = time.Now().Add(time.Minute)
		return leaf
	}
	with := func(leaf func() trialca.Leaf) func(*testing.T, *trialca.CA) credentials.TransportCredentials {
		return func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			return newParty(t, ca, leaf(), ca).Client("")
		}
	}
	as := func(names ...string) func(*testing.T, *trialca.CA) credentials.TransportCredentials {
		return with(func() trialca.Leaf { return holds(names...) })
	}
	for name, tc := range map[string]struct {
		credentials func(*testing.T, *trialca.CA) credentials.TransportCredentials
		server      string // called by this name; empty: terminology
		counted     map[string]int
		logged      []string
		// told is a part of the client's error if the client refuses. If the server
		// refuses, the client may see only a closed connection.
		told string
	}{
		"the right one is served":           {credentials: as("data-sync")},
		"letter case does not count":        {credentials: as("Data-Sync")},
		"one of several names is enough":    {credentials: as("x", "data-sync")},
		"a URI is a name":                   {credentials: as("x", "spiffe://trial/ops")},
		"a name that is not on the list":    {as("stranger", "spiffe://trial/data-sync"), "", once("not_allowed"), []string{"stranger", "spiffe://trial/data-sync", "TLS.Clients"}, ""},
		"a wildcard is no name on the list": {as("*"), "", once("not_allowed"), nil, ""},
		"an expired certificate":            {with(expired), "", once("expired"), []string{"data-sync", "expired"}, ""},
		"a certificate of the future":       {with(future), "", once("expired"), []string{"data-sync"}, ""},
		"a plaintext caller": {func(*testing.T, *trialca.CA) credentials.TransportCredentials {
			return insecure.NewCredentials()
		}, "", once("plaintext"), []string{"peer="}, ""},
		"a caller without a certificate": {func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			p := newParty(t, ca, holds("x"), ca)
			return credentials.NewTLS(&tls.Config{RootCAs: p.source.Now().Roots, MinVersion: tls.VersionTLS13})
		}, "", once("other"), []string{"certificate"}, ""},
		"a certificate of an unknown CA": {func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			return newParty(t, newCA(t, "unknown"), holds("data-sync"), ca).Client("")
		}, "", once("unknown_ca"), []string{"data-sync"}, ""},
		"TLS 1.2": {func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			m := newParty(t, ca, holds("data-sync"), ca).source.Now()
			return credentials.NewTLS(&tls.Config{RootCAs: m.Roots, Certificates: []tls.Certificate{*m.Certificate}, MaxVersion: tls.VersionTLS12})
		}, "", once("other"), []string{"version"}, ""},
		"the client refuses a server of another name": {as("data-sync"), "other", once("other"), nil, "not other"},
		"the client refuses a server of an unknown CA": {func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			return newParty(t, ca, holds("data-sync"), newCA(t, "unknown")).Client("")
		}, "", once("other"), nil, "unknown authority"},
		"a server called by address is held against the name given": {func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			return newParty(t, ca, holds("data-sync"), ca).Client("terminology")
		}, "127.0.0.1", noReason, nil, ""},
		"also where the address's own name would do": {func(t *testing.T, ca *trialca.CA) credentials.TransportCredentials {
			return newParty(t, ca, holds("data-sync"), ca).Client("other")
		}, "terminology", once("other"), nil, "not other"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca := newCA(t, "ca")
				p := newParty(t, ca, holds("terminology"), ca)
				s := serve(t, p.Server([]string{"data-sync", "spiffe://trial/ops"}))
				if tc.server == "" {
					tc.server = "terminology"
				}
				err := call(t, s.dial(t, tc.credentials(t, ca), tc.server))
				if served := tc.counted == nil; served != (err == nil) {
					t.Fatalf("served: %v, want %v", err, served)
				}
				if err != nil && (status.Code(err) != codes.Unavailable || !containsAll(err.Error(), tc.told)) {
					t.Errorf("the caller hears %v; want Unavailable and %q", err, tc.told)
				}
				synctest.Wait()
				// gRPC connects again by itself.
				for reason, n := range p.refusals(t) {
					if tc.counted[reason] == 0 {
						t.Errorf("%d refusals for %s, want %v", n, reason, tc.counted)
					}
				}
				if len(p.refusals(t)) != len(tc.counted) {
					t.Errorf("counted %v, want %v", p.refusals(t), tc.counted)
				}
				if logged := p.logged.get(); len(logged) != len(tc.counted) || len(logged) > 0 && !containsAll(logged[0], tc.logged...) {
					t.Errorf("logged %q, want %d lines with %q", logged, len(tc.counted), tc.logged)
				}
			})
		})
	}
}

func TestTheClientRefusesAServersExpiredCertificate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		leaf := holds("terminology")
		leaf.NotAfter = time.Now().Add(-time.Minute)
		s := serve(t, newParty(t, ca, leaf, ca).Server([]string{"data-sync"}))
		caller := newParty(t, ca, holds("data-sync"), ca)
		if err := call(t, s.dial(t, caller.Client(""), "terminology")); err == nil || !containsAll(err.Error(), "expired") {
			t.Error(err)
		}
		if logged := caller.logged.get(); len(logged) != 1 || !containsAll(logged[0], "server=terminology:9101", "expired") {
			t.Errorf("logged %q", logged)
		}
	})
}

func TestASessionIsNotResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		s := serve(t, newParty(t, ca, holds("terminology"), ca).Server([]string{"data-sync"}))
		m := newParty(t, ca, holds("data-sync"), ca).source.Now()
		keeping := credentials.NewTLS(&tls.Config{RootCAs: m.Roots, Certificates: []tls.Certificate{*m.Certificate},
			ClientSessionCache: tls.NewLRUClientSessionCache(10), MinVersion: tls.VersionTLS13})
		for i := range 3 {
			var at peer.Peer
			if err := call(t, s.dial(t, keeping, "terminology"), grpc.Peer(&at)); err != nil {
				t.Fatal(err)
			}
			if at.AuthInfo.(credentials.TLSInfo).State.DidResume {
				t.Errorf("connection %d resumes a session: its certificate was not verified", i+1)
			}
		}
	})
}

func TestAPortScanFloodsNoLogAndHidesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		p := newParty(t, ca, holds("terminology"), ca)
		s := serve(t, p.Server([]string{"data-sync"}))
		const scans = 200
		scan := func(say string) {
			raw, err := s.pipe.DialContext(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := raw.Write([]byte(say)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if err := raw.Close(); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		for range scans {
			scan("GET / HTTP/1.0\r\n\r\n")
			scan("") // a probe of the port
		}
		if err := call(t, s.dial(t, newParty(t, ca, holds("stranger"), ca).Client(""), "terminology")); err == nil {
			t.Fatal("a stranger is served")
		}
		synctest.Wait()
		logged := p.logged.get()
		if len(logged) != 2 || !containsAll(logged[0], "plaintext") || !containsAll(logged[1], "not_allowed", "stranger") {
			t.Errorf("logged %q; want one line for the scan and one for the stranger", logged)
		}
		time.Sleep(logEvery)
		scan("hello")
		logged = p.logged.get()
		if last := logged[len(logged)-1]; !containsAll(last, "plaintext", fmt.Sprintf("not_logged_before=%d", scans-1)) {
			t.Errorf("logged %q; want the number of those left out", last)
		}
		if got := p.refusals(t)["plaintext"]; got != scans+1 {
			t.Errorf("%d counted, want %d", got, scans+1)
		}
	})
}

func TestAStrangersNamesTakeLittleOfTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		p := newParty(t, ca, holds("terminology"), ca)
		s := serve(t, p.Server([]string{"data-sync"}))
		var names []string
		for i := range 100 {
			names = append(names, fmt.Sprintf("https://x/%d/%0500d", i, 0))
		}
		_ = call(t, s.dial(t, newParty(t, newCA(t, "unknown"), holds(names...), ca).Client(""), "terminology"))
		synctest.Wait()
		if logged := p.logged.get(); len(logged) != 1 || len(logged[0]) > maxNames*(maxText+10)+maxText+500 {
			t.Errorf("%d lines; want one, and a short one:\n%.3000s", len(logged), logged)
		}
	})
}

// A server's handshake ends after grpc.ConnectionTimeout, whatever the peer does.
func TestAPeerThatConnectsAndNeverSpeaksIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca")
		p := newParty(t, ca, holds("terminology"), ca)
		s := serve(t, p.Server([]string{"data-sync"}))
		raw, err := s.pipe.DialContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := raw.Read(make([]byte, 1)); err == nil {
			t.Error("it was answered")
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("left after %v, want 10s", took)
		}
		synctest.Wait()
		if got := p.refusals(t); !maps.Equal(got, once("other")) {
			t.Errorf("counted %v", got)
		}
	})
}

func TestAHandshakeWithAServerThatNeverSpeaksEndsWithTheContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	raw, err := net.Dial("tcp", silent.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	ca := newCA(t, "ca")
	ctx, cancel := contextIn(t, 50*time.Millisecond)
	defer cancel()
	if _, _, err := newParty(t, ca, holds("data-sync"), ca).Client("").ClientHandshake(ctx, "terminology:1", raw); err == nil || ctx.Err() == nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}
