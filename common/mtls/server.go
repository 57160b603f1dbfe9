package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"google.golang.org/grpc/credentials"
)

// server are the credentials of a server.
type server struct {
	oneSided
	identity *Identity
	clients  []string
}

// ServerHandshake uses the files as they are now. It counts and logs a caller
// that it refuses.
func (s *server) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	m := s.identity.source.Now()
	conn, info, err := credentials.NewTLS(&tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{*m.Certificate},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    m.Roots,
		// A resumed session would be accepted after its certificate has expired or
		// its CA was removed.
		SessionTicketsDisabled: true,
		// Unlike VerifyPeerCertificate it runs in every handshake.
		VerifyConnection: s.checkCaller,
	}).ServerHandshake(raw)
	if err != nil {
		s.identity.refused.note(raw.RemoteAddr(), err)
		return nil, nil, err
	}
	return conn, info, nil
}

// Clone returns s, which never changes.
func (s *server) Clone() credentials.TransportCredentials { return s }

// checkCaller returns an error unless the verified certificate has one of the
// allowed names.
func (s *server) checkCaller(state tls.ConnectionState) error {
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

// notAllowedError reports a caller with a valid certificate that is not on the
// list of allowed callers.
type notAllowedError struct{ leaf *x509.Certificate }

// Error says which setting allows callers.
func (e *notAllowedError) Error() string {
	return "none of the names in the certificate is in TLS.Clients"
}
