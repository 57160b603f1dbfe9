package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"

	"aecode/common/certfiles"
)

// The reasons of aecode_tls_refused_total.
const (
	reasonPlaintext  = "plaintext"
	reasonUnknownCA  = "unknown_ca"
	reasonExpired    = "expired"
	reasonNotAllowed = "not_allowed"
	reasonOther      = "other"
)

// Bounds of what a stranger can put into one line of the log.
const (
	maxNames = 5
	maxText  = 200
)

// refusals count and log the handshakes that a server refused.
type refusals struct {
	total *prometheus.CounterVec
	log   certfiles.Logger
	// lines are those of each reason, so that none hides another.
	lines map[string]*sparse
}

func newRefusals(log certfiles.Logger) *refusals {
	r := &refusals{log: log, lines: make(map[string]*sparse), total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aecode_tls_refused_total",
		Help: "Connections refused in the TLS handshake: plaintext, unknown_ca, expired (or not valid yet), not_allowed (no name among TLS.Clients), other.",
	}, []string{"reason"})}
	for _, reason := range []string{reasonPlaintext, reasonUnknownCA, reasonExpired, reasonNotAllowed, reasonOther} {
		r.total.WithLabelValues(reason) // an alert can see it rise from 0
		r.lines[reason] = &sparse{}
	}
	return r
}

// note takes in a failed handshake. A peer that leaves without a word, as probes
// of a port do, is none: some close the connection, others reset it.
func (r *refusals) note(peer net.Addr, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return
	}
	reason, leaf := reasonOf(err)
	r.total.WithLabelValues(reason).Inc()
	more, due := r.lines[reason].due()
	if !due {
		return
	}
	r.log.Error("a caller was refused in the TLS handshake", "reason", reason, "peer", peer.String(),
		"names", namesOf(leaf), "why", short(err.Error()), "not_logged_before", more)
}

// reasonOf gives the peer's certificate too, where it showed one.
func reasonOf(err error) (reason string, leaf *x509.Certificate) {
	if stranger, ok := errors.AsType[*notAllowedError](err); ok {
		return reasonNotAllowed, stranger.leaf
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return reasonPlaintext, nil
	}
	refused, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok {
		return reasonOther, nil
	}
	if len(refused.UnverifiedCertificates) > 0 {
		leaf = refused.UnverifiedCertificates[0]
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return reasonUnknownCA, leaf
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return reasonExpired, leaf
	}
	return reasonOther, leaf
}

// namesOf are the first of the names that a certificate claims.
func namesOf(leaf *x509.Certificate) []string {
	if leaf == nil {
		return nil
	}
	var names []string
	for _, name := range leaf.DNSNames {
		names = append(names, short(name))
		if len(names) == maxNames {
			return names
		}
	}
	for _, name := range leaf.URIs {
		names = append(names, short(name.String()))
		if len(names) == maxNames {
			return names
		}
	}
	return names
}

func short(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}
