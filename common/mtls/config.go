// Package mtls makes the gRPC connections between the services mutually
// authenticated: each end shows a certificate and holds the other's against the
// CAs that it trusts, the server against a list of callers too, the client
// against the name that it called. TLS 1.3 is the least.
//
// Without certificates there is plaintext, on loopback alone: the credentials
// themselves refuse any other address.
package mtls

import "errors"

// Config names the files of one identity, all in PEM: all three or none. Files
// that change are taken up within a few seconds.
type Config struct {
	// CertFile holds the certificate, followed by those between it and its CA if
	// there are any.
	CertFile string `json:",optional"`
	// KeyFile holds its private key.
	KeyFile string `json:",optional"`
	// CAFile holds the CAs that others' certificates may be of.
	CAFile string `json:",optional"`
}

// Enabled reports whether there is an identity.
func (c Config) Enabled() bool { return c != Config{} }

// Validate refuses some of the files without the others. It opens none.
func (c Config) Validate() error {
	if c.Enabled() && (c.CertFile == "" || c.KeyFile == "" || c.CAFile == "") {
		return errors.New("of the files of certificate, key and CA all three must be given, or none")
	}
	return nil
}
