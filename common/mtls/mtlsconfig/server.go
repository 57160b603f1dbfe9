// Package mtlsconfig is the section of a service's configuration that says who
// the service is and who may call it.
package mtlsconfig

import (
	"net"
	"net/netip"
	"strings"

	"aecode/common/configfile"
	"aecode/common/mtls"
)

// Server is the identity of a service, and who may call it.
type Server struct {
	mtls.Config
	// Clients are the callers' names, as in the DNS or URI names of their
	// certificates. A name stands for itself: there are no wildcards.
	Clients []string `json:",optional"`
}

// Validate names every setting that cannot be used, as a configfile.FieldError.
func (c Server) Validate() error {
	var errs configfile.Errors
	switch {
	case c.Enabled():
		for _, one := range []struct{ path, value string }{{"CertFile", c.CertFile}, {"KeyFile", c.KeyFile}, {"CAFile", c.CAFile}} {
			errs.Check(one.value != "", one.path, "must be set where one of CertFile, KeyFile and CAFile is")
		}
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
func (c Server) CheckListen(listenOn string) error {
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
