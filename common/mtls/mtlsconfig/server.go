// Package mtlsconfig is the section of a service's configuration file that sets
// the service's certificate and its allowed callers. It is apart from package
// mtls so that command-line programs use mtls without package configfile, which
// links go-zero.
package mtlsconfig

import (
	"net"
	"net/netip"
	"strings"

	"aecode/common/configerr"
	"aecode/common/mtls"
)

// Server is the certificate of a service and its allowed callers.
type Server struct {
	mtls.Config
	// Clients are the names of the allowed callers, as they are written in the DNS
	// or URI names of the callers' certificates. There are no wildcards.
	Clients []string `json:",optional"`
}

// Validate returns the settings that cannot be used, joined, each as a
// configerr.FieldError.
func (c Server) Validate() error {
	var errs configerr.Errors
	switch {
	case c.Enabled():
		for _, one := range []struct{ path, value string }{{"CertFile", c.CertFile}, {"KeyFile", c.KeyFile}, {"CAFile", c.CAFile}} {
			errs.Check(one.value != "", one.path, "must be set if one of CertFile, KeyFile and CAFile is set")
		}
		errs.Check(len(c.Clients) > 0, "Clients", "must name the callers that are allowed: without names nobody may call")
	default:
		errs.Check(len(c.Clients) == 0, "Clients", "has no effect without CertFile, KeyFile and CAFile: callers are identified by their certificates")
	}
	for _, name := range c.Clients {
		errs.Check(name != "" && !strings.ContainsAny(name, "* \t"), "Clients", "must be names as written in certificates, without wildcards or blanks; one of them is %q", name)
	}
	return errs.Err()
}

// CheckListen returns an error, which names the setting ListenOn, if the address
// listenOn, host:port, can be reached from other machines and there is no
// certificate.
func (c Server) CheckListen(listenOn string) error {
	host, _, err := net.SplitHostPort(listenOn)
	if c.Enabled() || err == nil && isLoopback(host) {
		return nil
	}
	return configerr.Fieldf("ListenOn", "must be a loopback address without TLS, such as 127.0.0.1:9101, is %q: to listen on other addresses set TLS.CertFile, TLS.KeyFile, TLS.CAFile and TLS.Clients", listenOn)
}

// isLoopback reports whether host is a loopback address or localhost. It accepts
// no other name, because the address of a name can change.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
