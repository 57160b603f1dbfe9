// Package mtls makes the gRPC connections between the services mutually
// authenticated: each end shows a certificate and holds the other's against the
// CAs that it trusts, the server against a list of callers too, the client
// against the name that it called. TLS 1.3 is the least.
//
// Without certificates there is plaintext, on loopback alone: the credentials
// themselves refuse any other address.
package mtls

import (
	"net"
	"net/netip"
	"strings"

	"aecode/common/configfile"
)

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

// Validate names each file that is missing beside the others, as a
// configfile.FieldError. It opens none.
func (c Config) Validate() error {
	if !c.Enabled() {
		return nil
	}
	var errs configfile.Errors
	for _, one := range []struct{ path, value string }{{"CertFile", c.CertFile}, {"KeyFile", c.KeyFile}, {"CAFile", c.CAFile}} {
		errs.Check(one.value != "", one.path, "must be set where one of CertFile, KeyFile and CAFile is")
	}
	return errs.Err()
}

// ServerConfig is the identity of a service, and who may call it.
type ServerConfig struct {
	Config
	// Clients are the callers' names, as in the DNS or URI names of their
	// certificates. A name stands for itself: there are no wildcards.
	Clients []string `json:",optional"`
}

// Validate names every setting that cannot be used, as a configfile.FieldError.
func (c ServerConfig) Validate() error {
	var errs configfile.Errors
	errs.Add("", c.Config.Validate())
	switch {
	case c.Enabled():
		errs.Check(len(c.Clients) > 0, "Clients", "must name who may call: nobody could otherwise")
	default:
		errs.Check(len(c.Clients) == 0, "Clients", "is of no use without CertFile, KeyFile and CAFile: callers are known by their certificates")
	}
	for _, name := range c.Clients {
		errs.Check(name != "" && !strings.ContainsAny(name, "* \t"), "Clients", "must be names as they stand in certificates, without wildcards; one is %q", name)
	}
	return errs.Err()
}

// CheckListen refuses an address, host:port, that others than this machine can
// reach where there is no identity. Its error names the setting ListenOn.
func (c ServerConfig) CheckListen(listenOn string) error {
	host, _, err := net.SplitHostPort(listenOn)
	if c.Enabled() || err == nil && isLoopback(host) {
		return nil
	}
	return configfile.Fieldf("ListenOn", "is %q; without TLS it must be a loopback address such as 127.0.0.1:9101: set TLS.CertFile, TLS.KeyFile, TLS.CAFile and TLS.Clients", listenOn)
}

// isLoopback takes an address, or localhost: other names may come to mean
// anything.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
