package localserver

import (
	"crypto/tls"
	"errors"
	"path/filepath"
)

// Certificate is the certificate of a server, in PEM.
type Certificate struct {
	// Cert is the certificate and Key its private key.
	Cert, Key []byte
	// CA issued the certificates of other servers and, with AskClients, of clients.
	// PostgreSQL does not use it.
	CA []byte
	// AskClients makes a Redis refuse a client without a certificate.
	AskClients bool
}

// certificateFiles are the paths of the files of a server's certificate.
type certificateFiles struct{ cert, key, ca string }

// write writes the files to dir. writeFile writes one file that only the server's user
// may read.
func (c *Certificate) write(dir string, writeFile func(path, text string) error) (certificateFiles, error) {
	f := certificateFiles{cert: filepath.Join(dir, "tls.crt"), key: filepath.Join(dir, "tls.key"), ca: filepath.Join(dir, "ca.crt")}
	return f, errors.Join(writeFile(f.cert, string(c.Cert)), writeFile(f.key, string(c.Key)), writeFile(f.ca, string(c.CA)))
}

// client returns the TLS configuration of this package's own client, which only
// connects to the server that it has started. The client shows the certificate of
// the server and does not verify the server's.
func (c *Certificate) client() (*tls.Config, error) {
	pair, err := tls.X509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	conf.InsecureSkipVerify = true
	return conf, nil
}
