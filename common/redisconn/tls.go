package redisconn

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"aecode/common/certfiles"
	"aecode/common/configfile"
	"aecode/common/logxadapter"
)

// TLS says whether and how connections are encrypted. Files are PEM; those that
// change are taken up for new connections.
type TLS struct {
	// Enabled switches it on.
	Enabled bool `json:",optional"`
	// CAFile holds the CAs that the servers' certificates may be of; empty: the
	// system's.
	CAFile string `json:",optional"`
	// CertFile and KeyFile are this client's certificate, for a Redis that asks
	// for one: both or none.
	CertFile string `json:",optional"`
	KeyFile  string `json:",optional"`
	// ServerName is the name in the servers' certificates; empty: the host of the
	// address that is connected to.
	ServerName string `json:",optional"`
}

func (t TLS) validate() error {
	var errs configfile.Errors
	errs.Check((t.CertFile == "") == (t.KeyFile == ""), "KeyFile", "must be set together with CertFile")
	errs.Check(t.Enabled || t == TLS{}, "Enabled", "must be true where settings of TLS are given")
	return errs.Err()
}

// open gives what makes the configuration of one connection; nil without TLS.
func (t TLS) open() (func() *tls.Config, error) {
	if !t.Enabled {
		return nil, nil //nolint:nilnil // no TLS is a good answer
	}
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

// dialer is go-redis's own but for keepAlive, and for TLS: its handshake takes
// certificates as they are now, and ends with the context and, like the dialing,
// with the timeout.
func dialer(timeout time.Duration, conf func() *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	plain := &net.Dialer{Timeout: timeout, KeepAliveConfig: keepAlive}
	if conf == nil {
		return plain.DialContext
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return (&tls.Dialer{NetDialer: plain, Config: conf()}).DialContext(ctx, network, addr)
	}
}
