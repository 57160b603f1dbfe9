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

// Files are paths of PEM files. Cert and Key go together: a certificate, with
// those between it and its CA where there are any, and its private key. Either
// they or CA, the certificates of all CAs that are trusted, may be absent.
type Files struct{ Cert, Key, CA string }

// Material is what was in the files at one moment. It is not to be changed.
type Material struct {
	// Certificate is the own one with its key; nil where no file is named.
	Certificate *tls.Certificate
	// Roots are the CAs; nil, which is the system's, where no file is named.
	Roots *x509.CertPool
	// OwnUntil and CAUntil are when the first of the certificates ends; zero
	// where there is none.
	OwnUntil, CAUntil time.Time
}

// contents are the files' bytes, each nil where no file is named.
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

// digest tells contents apart, without keeping the key.
func (c contents) digest() [sha256.Size]byte {
	var all []byte
	for _, one := range [][]byte{c.cert, c.key, c.ca} {
		sum := sha256.Sum256(one)
		all = append(all, sum[:]...)
	}
	return sha256.Sum256(all)
}

// parse makes sure that the parts can be used together. Its errors name the file
// and never hold what is in it.
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
			m.OwnUntil = earlier(m.OwnUntil, cert.NotAfter)
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
			m.CAUntil = earlier(m.CAUntil, ca.NotAfter)
		}
	}
	return m, nil
}

// parseCAs is strict where x509.CertPool skips what it cannot read: a CA that is
// missing shows only when somebody is refused.
func parseCAs(content []byte) ([]*x509.Certificate, error) {
	var cas []*x509.Certificate
	for rest := content; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			// Text between certificates is usual; a torn one is a fault.
			if bytes.Contains(rest, []byte("-----BEGIN")) {
				return nil, errors.New("a PEM block is incomplete")
			}
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("holds a PEM block of type %q; only certificates belong here", block.Type)
		}
		ca, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		if ca.Version == 3 && !ca.IsCA {
			return nil, fmt.Errorf("holds the certificate of %q, which is no CA's", ca.Subject.CommonName)
		}
		cas = append(cas, ca)
	}
	if len(cas) == 0 {
		return nil, errors.New("holds no certificate in PEM")
	}
	return cas, nil
}

// validAt says why the own certificate is of no use at a time.
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

// earlier takes the zero time for none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
