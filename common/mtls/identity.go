package mtls

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"aecode/common/certfiles"
)

// Identity is who a process is to others, and whom it trusts. One without files,
// and the nil one, is nobody: its credentials are plaintext on loopback. It is
// safe for concurrent use.
type Identity struct {
	source  *certfiles.Source // nil: nobody
	refused *refusals
	log     certfiles.Logger
}

// Open reads the files of c, if it names any, tells log of what happens to them
// and of refused connections, and registers the metrics of certificates with r,
// if that is not nil: aecode_certificate_expiry_timestamp_seconds,
// aecode_certificate_files_faulty, aecode_certificate_reload_failures_total and
// aecode_tls_refused_total. An error names the file at fault.
func Open(c Config, log certfiles.Logger, r prometheus.Registerer) (*Identity, error) {
	if !c.Enabled() {
		return &Identity{log: log}, nil
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	source, err := certfiles.Open(certfiles.Files{Cert: c.CertFile, Key: c.KeyFile, CA: c.CAFile}, log)
	if err != nil {
		return nil, err
	}
	i := &Identity{source: source, refused: newRefusals(log), log: log}
	if r != nil {
		r.MustRegister(source, i.refused.total)
	}
	return i, nil
}

// Server gives the credentials of a server that serves clients: callers whose
// certificate is of a trusted CA and holds one of these names among its DNS and
// URI names. Others are refused in the handshake.
func (i *Identity) Server(clients []string) credentials.TransportCredentials {
	if i == nil || i.source == nil {
		return Loopback()
	}
	return &server{identity: i, clients: slices.Clone(clients)}
}

// Client gives the credentials of a client. The server's certificate must be of
// a trusted CA and hold serverName or, where that is empty, the host of the
// address that is called.
func (i *Identity) Client(serverName string) credentials.TransportCredentials {
	switch {
	case i == nil:
		return Loopback()
	case i.source == nil:
		return &telling{TransportCredentials: Loopback(), log: i.log}
	}
	return &telling{TransportCredentials: &client{identity: i, serverName: serverName}, log: i.log}
}

type server struct {
	oneSided
	identity *Identity
	clients  []string
}

// ServerHandshake uses what is in the files now.
func (s *server) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	m := s.identity.source.Now()
	conn, info, err := credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{*m.Certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    m.Roots,
		// A resumed session would carry an identity past the end of its
		// certificate or of its CA.
		SessionTicketsDisabled: true,
		// Unlike VerifyPeerCertificate it runs in every handshake.
		VerifyConnection: s.admit,
	}).ServerHandshake(raw)
	if err != nil {
		s.identity.refused.note(raw.RemoteAddr(), err)
		return nil, nil, err
	}
	return conn, info, nil
}

// Clone shares everything: there is nothing to change.
func (s *server) Clone() credentials.TransportCredentials { return s }

// admit holds a verified certificate against the list.
func (s *server) admit(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 || len(state.PeerCertificates) == 0 {
		return errors.New("the caller's certificate was not verified")
	}
	leaf := state.PeerCertificates[0]
	for _, allowed := range s.clients {
		for _, name := range leaf.DNSNames {
			if strings.EqualFold(name, allowed) {
				return nil
			}
		}
		for _, name := range leaf.URIs {
			if name.String() == allowed {
				return nil
			}
		}
	}
	return &notAllowedError{leaf}
}

// notAllowedError is a caller that is who it says, and not on the list.
type notAllowedError struct{ leaf *x509.Certificate }

func (e *notAllowedError) Error() string {
	return "none of the certificate's names is among TLS.Clients"
}

type client struct {
	oneSided
	identity   *Identity
	serverName string
}

// ClientHandshake uses what is in the files now.
func (c *client) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	m := c.identity.source.Now()
	if c.serverName != "" {
		authority = c.serverName
	}
	return credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    m.Roots,
		// Also to a server that asks for other CAs' certificates: it then says
		// what it refuses, instead of missing one.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return m.Certificate, nil },
	}).ClientHandshake(ctx, authority, raw)
}

// Clone shares everything: there is nothing to change.
func (c *client) Clone() credentials.TransportCredentials { return c }

// telling are a client's credentials that log why a connection was refused: to
// callers it is one of many reasons for which a server may be away.
type telling struct {
	credentials.TransportCredentials
	log   certfiles.Logger
	lines sparse
}

// ClientHandshake logs a failure, unless ctx ended it.
func (c *telling) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err == nil || ctx.Err() != nil {
		return conn, info, err
	}
	if more, due := c.lines.due(); due {
		c.log.Error("a server is not called", "server", authority, "peer", raw.RemoteAddr().String(), "why", short(err.Error()), "not_logged_before", more)
	}
	return nil, nil, err
}

// Clone shares everything: there is nothing to change.
func (c *telling) Clone() credentials.TransportCredentials { return c }

// oneSided is what the credentials of either side have in common: none of the
// other's.
type oneSided struct{}

var errOtherSide = errors.New("these credentials are for the other side of a connection")

// ClientHandshake is the client's.
func (oneSided) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errOtherSide
}

// ServerHandshake is the server's.
func (oneSided) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errOtherSide
}

// Info names the protocol.
func (oneSided) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

// OverrideServerName is refused: the name is given once, to Client.
func (oneSided) OverrideServerName(string) error {
	return errors.New("the server's name is given with the credentials")
}
