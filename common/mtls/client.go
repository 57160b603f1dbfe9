package mtls

import (
	"context"
	"crypto/tls"
	"net"

	"google.golang.org/grpc/credentials"

	"aecode/common/certfiles"
)

// client are the credentials of a client.
type client struct {
	oneSided
	identity   *Identity
	serverName string
}

// ClientHandshake uses the files as they are now.
func (c *client) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	m := c.identity.source.Now()
	if c.serverName != "" {
		authority = c.serverName
	}
	return credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13,
		RootCAs:    m.Roots,
		// The certificate is sent even if the server asks for one of other CAs. The
		// server then reports what it refuses, instead of a missing certificate.
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return m.Certificate, nil },
	}).ClientHandshake(ctx, authority, raw)
}

// Clone returns c, which never changes.
func (c *client) Clone() credentials.TransportCredentials { return c }

// loggedClient are credentials of a client that log why a handshake failed. The
// caller sees only Unavailable, which has many other causes.
type loggedClient struct {
	credentials.TransportCredentials
	log   certfiles.Logger
	limit logLimit
}

// ClientHandshake logs a failure, unless ctx has ended.
func (c *loggedClient) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err == nil || ctx.Err() != nil {
		return conn, info, err
	}
	if skipped, due := c.limit.due(); due {
		c.log.Error("the connection to a server was refused in the handshake", "server", authority, "peer", raw.RemoteAddr().String(), "why", short(err.Error()), "not_logged_before", skipped)
	}
	return nil, nil, err
}

// Clone returns c, so that all connections share the limit of the log.
func (c *loggedClient) Clone() credentials.TransportCredentials { return c }
