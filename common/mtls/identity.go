package mtls

import (
	"context"
	"errors"
	"net"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/credentials"

	"aecode/common/certfiles"
)

// Identity is the certificate that a process shows and the CAs that it trusts. An
// Identity without files, and a nil one, gives credentials for plaintext on
// loopback. It is safe for concurrent use.
type Identity struct {
	source  *certfiles.Source // nil: no files
	refused *refusals
	log     certfiles.Logger
}

// Open reads the files of c, if it names any. An error names the file at fault.
// Identity logs changes of the files and refused connections to log. If r is not
// nil and c names files, Open registers these metrics with r:
// aecode_certificate_expiry_timestamp_seconds, aecode_certificate_files_faulty,
// aecode_certificate_reload_failures_total and aecode_tls_refused_total.
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

// Server returns the credentials of a server that serves clients: callers whose
// certificate was issued by a trusted CA and has one of these names among its DNS
// and URI names. Other callers are refused in the handshake.
func (i *Identity) Server(clients []string) credentials.TransportCredentials {
	if i == nil || i.source == nil {
		return Loopback()
	}
	return &server{identity: i, clients: slices.Clone(clients)}
}

// Client returns the credentials of a client. The server's certificate must be
// issued by a trusted CA and have the name serverName. If serverName is empty, it
// must have the host of the address that is called. Failed handshakes are logged.
func (i *Identity) Client(serverName string) credentials.TransportCredentials {
	switch {
	case i == nil:
		return Loopback()
	case i.source == nil:
		return &loggedClient{TransportCredentials: Loopback(), log: i.log}
	}
	return &loggedClient{TransportCredentials: &client{identity: i, serverName: serverName}, log: i.log}
}

// oneSided refuses both handshakes. The credentials of a server and of a client
// embed it and define the handshake of their own side.
type oneSided struct{}

var errOtherSide = errors.New("these credentials are for the other side of a connection")

// ClientHandshake returns an error: these are a server's credentials.
func (oneSided) ClientHandshake(context.Context, string, net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errOtherSide
}

// ServerHandshake returns an error: these are a client's credentials.
func (oneSided) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errOtherSide
}

// Info returns the name of the protocol.
func (oneSided) Info() credentials.ProtocolInfo {
	return credentials.ProtocolInfo{SecurityProtocol: "tls"}
}

// OverrideServerName returns an error: the name is an argument of Client.
func (oneSided) OverrideServerName(string) error {
	return errors.New("the name of the server is set when the credentials are made and cannot be changed")
}
