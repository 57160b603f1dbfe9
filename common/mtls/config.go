// Package mtls makes the gRPC connections between the services mutually
// authenticated. Both ends show a certificate and verify the other's against the
// CAs that they trust. The server also checks the caller's name against a list of
// allowed callers, and the client checks the name of the server that it called.
// TLS 1.3 is the minimum version.
//
// Without certificates connections are plaintext, on loopback only: the
// credentials refuse any other address.
package mtls

import "errors"

// Config names the PEM files of one identity. All three or none must be set.
// Changed files are loaded within a few seconds.
type Config struct {
	// CertFile holds the certificate, followed by its intermediate certificates if
	// there are any.
	CertFile string `json:",optional"`
	// KeyFile holds the private key of the certificate.
	KeyFile string `json:",optional"`
	// CAFile holds the CAs that may have issued the other end's certificate.
	CAFile string `json:",optional"`
}

// Enabled reports whether any of the files is set.
func (c Config) Enabled() bool { return c != Config{} }

// Validate returns an error if some of the files are set and others are not. It
// does not open them.
func (c Config) Validate() error {
	if c.Enabled() && (c.CertFile == "" || c.KeyFile == "" || c.CAFile == "") {
		return errors.New("set all three of the certificate file, the private key file and the CA file, or none of them")
	}
	return nil
}
