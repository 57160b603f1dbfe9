package localserver

import (
	"crypto/tls"
	"errors"
	"path/filepath"
)

// Certificate is what a server shows to its callers, in PEM.
type Certificate struct {
	// Cert and Key are the server's own.
	Cert, Key []byte
	// CA is what other servers' certificates are of and, where AskClients is set,
	// callers'. PostgreSQL has no use for it.
	CA []byte
	// AskClients makes a Redis refuse a caller without a certificate.
	AskClients bool
}

// certificateFiles are those of a server, in its data folder.
type certificateFiles struct{ cert, key, ca string }

// write makes the files, with an owner who keeps the key for himself.
func (c *Certificate) write(dir string, own func(path, text string) error) (certificateFiles, error) {
	f := certificateFiles{cert: filepath.Join(dir, "tls.crt"), key: filepath.Join(dir, "tls.key"), ca: filepath.Join(dir, "ca.crt")}
	return f, errors.Join(own(f.cert, string(c.Cert)), own(f.key, string(c.Key)), own(f.ca, string(c.CA)))
}

// client is for this package's own questions to the server on loopback: they
// show what it shows, and take whatever that is.
func (c *Certificate) client() (*tls.Config, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // plaintext
	}
	pair, err := tls.X509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, nil
}
