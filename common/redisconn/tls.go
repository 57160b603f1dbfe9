package redisconn

import (
	"crypto/tls"

	"aecode/common/certfiles"
	"aecode/common/configerr"
	"aecode/common/logxadapter"
)

// TLS says whether and how connections are encrypted. The files are PEM. Changed
// files are loaded for new connections.
type TLS struct {
	// Enabled turns TLS on.
	Enabled bool `json:",optional"`
	// CAFile holds the CAs that may have issued the servers' certificates. Empty
	// means the system's CAs.
	CAFile string `json:",optional"`
	// CertFile and KeyFile are the certificate of this client and its private key,
	// for a Redis that asks for one. Both or neither must be set.
	CertFile string `json:",optional"`
	KeyFile  string `json:",optional"`
	// ServerName is the name in the servers' certificates. Empty means the host of
	// the address.
	ServerName string `json:",optional"`
}

func (t TLS) validate() error {
	var errs configerr.Errors
	errs.Check((t.CertFile == "") == (t.KeyFile == ""), "KeyFile", "must be set together with CertFile")
	errs.Check(t.Enabled || t == TLS{}, "Enabled", "must be true if another setting of TLS is set")
	return errs.Err()
}

// open reads the files of an enabled TLS. It returns a function that makes the
// configuration of one connection from the files as they are at that time.
func (t TLS) open() (func() *tls.Config, error) {
	source, err := certfiles.Open(certfiles.Files{Cert: t.CertFile, Key: t.KeyFile, CA: t.CAFile}, logxadapter.Log{})
	if err != nil {
		return nil, err
	}
	return func() *tls.Config {
		m := source.Now()
		conf := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: m.Roots, ServerName: t.ServerName}
		if m.Certificate != nil {
			conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return m.Certificate, nil }
		}
		return conf
	}, nil
}
