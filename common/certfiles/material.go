package certfiles

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// maxFile is the largest file read, in bytes.
const maxFile = 1 << 20

// Files are the paths of PEM files. Cert holds a certificate, followed by its
// intermediate certificates if there are any, and Key its private key. CA holds
// the certificates of all trusted CAs. Cert and Key must be set together. Those
// two may be empty, and so may CA.
type Files struct{ Cert, Key, CA string }

// Material is what the files held at one moment. Callers must not change it.
type Material struct {
	// Certificate is the own certificate with its key, nil if Cert is empty.
	Certificate *tls.Certificate
	// Roots are the trusted CAs. It is nil if CA is empty, which means the
	// system's CAs.
	Roots *x509.CertPool
	// ownUntil and caUntil are when the first of these certificates expires, zero
	// if there are none.
	ownUntil, caUntil time.Time
}

// contents are the bytes of the files, nil for a path that is empty.
type contents struct{ cert, key, ca []byte }

func (f Files) read() (c contents, err error) {
	for _, one := range []struct {
		what, path string
		into       *[]byte
	}{{"certificate", f.Cert, &c.cert}, {"private key", f.Key, &c.key}, {"CA", f.CA, &c.ca}} {
		if one.path == "" {
			continue
		}
		if *one.into, err = readFile(one.path); err != nil {
			return contents{}, fmt.Errorf("%s: %w", one.what, err)
		}
	}
	return c, nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", path, err)
	case len(content) > maxFile:
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return content, nil
}

// digest identifies the contents without keeping the key.
func (c contents) digest() [sha256.Size]byte {
	var all []byte
	for _, one := range [][]byte{c.cert, c.key, c.ca} {
		sum := sha256.Sum256(one)
		all = append(all, sum[:]...)
	}
	return sha256.Sum256(all)
}

// parse reads the certificates and checks that they can be used together. Its
// errors name the file and never quote its content.
func (f Files) parse(c contents) (*Material, error) {
	m := &Material{}
	if f.Cert != "" {
		pair, err := tls.X509KeyPair(c.cert, c.key)
		if err != nil {
			return nil, fmt.Errorf("certificate %s with private key %s: %w", f.Cert, f.Key, err)
		}
		for _, raw := range pair.Certificate {
			cert, err := x509.ParseCertificate(raw)
			if err != nil {
				return nil, fmt.Errorf("certificate %s: %w", f.Cert, err)
			}
			m.ownUntil = earlier(m.ownUntil, cert.NotAfter)
		}
		m.Certificate = &pair
	}
	if f.CA != "" {
		cas, err := parseCAs(c.ca)
		if err != nil {
			return nil, fmt.Errorf("CA %s: %w", f.CA, err)
		}
		m.Roots = x509.NewCertPool()
		for _, ca := range cas {
			m.Roots.AddCert(ca)
			m.caUntil = earlier(m.caUntil, ca.NotAfter)
		}
	}
	return m, nil
}

// parseCAs returns the CAs in content. It refuses what x509.CertPool would skip,
// because a CA that is missing would show only when a peer is refused.
func parseCAs(content []byte) ([]*x509.Certificate, error) {
	var cas []*x509.Certificate
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			// Text between certificates is allowed, an incomplete one is not.
			if bytes.Contains(rest, []byte("-----BEGIN")) {
				return nil, errors.New("the file ends inside a PEM block: write it again")
			}
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("the file holds a PEM block of type %q: remove it, only certificates are allowed", block.Type)
		}
		ca, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if ca.Version == 3 && !ca.IsCA {
			return nil, fmt.Errorf("the file holds the certificate of %q, which is not a CA: give the certificate of its CA", ca.Subject.CommonName)
		}
		cas = append(cas, ca)
	}
	if len(cas) == 0 {
		return nil, errors.New("the file holds no certificate in PEM format")
	}
	return cas, nil
}

// validAt returns an error if the own certificate is not valid at the time now.
func (m *Material) validAt(now time.Time) error {
	if m.Certificate == nil {
		return nil
	}
	leaf := m.Certificate.Leaf
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate is valid only from %s", leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate expired at %s", leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

// earlier returns the earlier of two times. A zero a counts as no time.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
