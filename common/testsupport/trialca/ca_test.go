package trialca

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"testing"
	"time"
)

func TestALeafIsGoodForClientAndServerUnderItsNamesAlone(t *testing.T) {
	t.Parallel()
	begin := time.Now().Add(-time.Hour)
	made, err := New("trial", begin, begin.Add(48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	caPEM, caKey, err := made.PEM()
	if err != nil {
		t.Fatal(err)
	}
	ca, err := Load(caPEM, caKey)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM, err := ca.Issue(Leaf{
		Names:     []string{"data-sync", "spiffe://trial/data-sync"},
		IPs:       []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: begin, NotAfter: begin.Add(24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	if pair.Leaf.Subject.CommonName != "data-sync" || len(pair.Leaf.URIs) != 1 || pair.Leaf.URIs[0].String() != "spiffe://trial/data-sync" {
		t.Errorf("it is for %s, %v", pair.Leaf.Subject, pair.Leaf.URIs)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(caPEM)
	for name, good := range map[string]bool{"data-sync": true, "127.0.0.1": true, "terminology": false, "127.0.0.2": false} {
		for _, use := range []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth} {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, KeyUsages: []x509.ExtKeyUsage{use}})
			if (err == nil) != good {
				t.Errorf("%s, use %d: %v", name, use, err)
			}
		}
	}
}

func TestALeafSignsNoOtherOne(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	ca, err := New("trial", begin, begin.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM, err := ca.Issue(Leaf{Names: []string{"x"}, NotBefore: begin, NotAfter: begin.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(certPEM, keyPEM); err == nil {
		t.Error("a leaf was loaded as a CA")
	}
	other, err := New("trial", begin, begin.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	caPEM, _, err := ca.PEM()
	if err != nil {
		t.Fatal(err)
	}
	_, otherKey, err := other.PEM()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(caPEM, otherKey); err == nil {
		t.Error("a CA was loaded with another one's key")
	}
}

func TestWhatCannotBeIssuedIsRefused(t *testing.T) {
	t.Parallel()
	now := time.Now()
	if _, err := New("", now, now.Add(time.Hour)); err == nil {
		t.Error("a CA without a name")
	}
	ca, err := New("trial", now, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range []Leaf{
		{NotBefore: now, NotAfter: now.Add(time.Hour)},
		{Names: []string{"x"}, NotBefore: now, NotAfter: now},
		{Names: []string{"://"}, NotBefore: now, NotAfter: now.Add(time.Hour)},
	} {
		if _, _, err := ca.Issue(leaf); err == nil {
			t.Errorf("%+v was issued", leaf)
		}
	}
}
