package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aecode/common/testsupport/trialca"
)

// caLife is the lifetime of a trial's CA.
const caLife = 10 * 365 * 24 * time.Hour

// backdated is how long before now a certificate becomes valid: another host's clock may
// be behind.
const backdated = 5 * time.Minute

// maker makes a trial's secrets below root.
type maker struct {
	root  string
	now   time.Time
	life  time.Duration // a certificate's lifetime
	renew bool
	log   io.Writer
}

func (m *maker) all() error {
	for _, id := range identities {
		mode := fs.FileMode(0o750)
		if id.name == "grafana" {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Join(m.root, id.name), mode); err != nil {
			return fmt.Errorf("make the folder of %s: %w", id.name, err)
		}
	}
	ca, caPEM, err := m.authority()
	if err != nil {
		return err
	}
	for _, id := range identities {
		if id.trusts {
			if err := m.trust(filepath.Join(m.root, id.name, caFile), caPEM); err != nil {
				return err
			}
		}
		if id.certified {
			if err := m.certificate(ca, caPEM, id); err != nil {
				return err
			}
		}
	}
	for _, secret := range []string{ofPostgres, ofRedis, ofGrafana} {
		if err := m.passwords(secret); err != nil {
			return err
		}
	}
	fmt.Fprintln(m.log, "secrets: all files are there, made for a trial; in production give your own, see deploy/README.md")
	return nil
}

// authority gives the trial's CA, which it makes if there is none.
func (m *maker) authority() (*trialca.CA, []byte, error) {
	folder := filepath.Join(m.root, "ca")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the CA's folder: %w", err)
	}
	certPath, keyPath := filepath.Join(folder, caFile), filepath.Join(folder, "ca.key")
	certPEM, certErr := os.ReadFile(certPath)
	keyPEM, keyErr := os.ReadFile(keyPath)
	switch {
	case certErr == nil && keyErr == nil:
		ca, err := trialca.Load(certPEM, keyPEM)
		if err != nil {
			return nil, nil, fmt.Errorf("%s and %s: %w", certPath, keyPath, err)
		}
		return ca, certPEM, nil
	// The key is written first: without it, the certificate was never used.
	case !errors.Is(certErr, fs.ErrNotExist) || keyErr != nil && !errors.Is(keyErr, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("only one of the trial CA's two files can be read: %w", errors.Join(certErr, keyErr))
	}
	ca, err := trialca.New("aecode trial CA", m.now.Add(-backdated), m.now.Add(caLife))
	if err != nil {
		return nil, nil, err
	}
	certPEM, keyPEM, err = ca.PEM()
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(m.write(keyPath, keyPEM, 0o400), m.write(certPath, certPEM, 0o440)); err != nil {
		return nil, nil, err
	}
	return ca, certPEM, nil
}

// trust writes the CA's certificate, unless the file holds it already.
func (m *maker) trust(path string, caPEM []byte) error {
	if there, err := os.ReadFile(path); err == nil && string(there) == string(caPEM) {
		return nil
	}
	return m.write(path, caPEM, 0o444)
}

// certificate makes an identity's certificate and key, unless those there are valid and
// not in the last third of their lifetime.
func (m *maker) certificate(ca *trialca.CA, caPEM []byte, id identity) error {
	certPath, keyPath := filepath.Join(m.root, id.name, certFile), filepath.Join(m.root, id.name, keyFile)
	if !m.renew {
		leaf, err := load(certPath, keyPath)
		if err == nil && signed(certPath, caPEM, id.name, m.now) == nil && m.now.Before(leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore)*2/3)) {
			return nil
		}
	}
	certPEM, keyPEM, err := ca.Issue(trialca.Leaf{
		Names:     []string{id.name, "localhost"},
		NotBefore: m.now.Add(-backdated), NotAfter: m.now.Add(m.life),
	})
	if err != nil {
		return err
	}
	// A reader between the two writes sees files that do not match, and reads again.
	return errors.Join(m.write(keyPath, keyPEM, id.keyMode), m.write(certPath, certPEM, 0o444))
}

// load reads a certificate and its key, which must match.
func load(certPath, keyPath string) (*x509.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		return nil, err
	}
	return pair.Leaf, nil
}

// signed gives nil if the first certificate of the file is signed by the CA, for the
// name, and valid now. Intermediate certificates may follow it.
func signed(certPath string, caPEM []byte, name string, now time.Time) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	if !roots.AppendCertsFromPEM(caPEM) {
		return errors.New("it holds no CA certificate")
	}
	rest, err := os.ReadFile(certPath)
	if err != nil {
		return err
	}
	var leaf *x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", certPath, err)
		case leaf == nil:
			leaf = c
		default:
			between.AddCert(c)
		}
	}
	if leaf == nil {
		return fmt.Errorf("%s: it holds no certificate", certPath)
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		DNSName: name, Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	return err
}

// write replaces a file in one step.
func (m *maker) write(path string, content []byte, mode uint32) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // it may not exist
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(fs.FileMode(mode)), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	fmt.Fprintln(m.log, "secrets: wrote", path)
	return nil
}
