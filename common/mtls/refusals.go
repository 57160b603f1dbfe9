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

// The values of the label reason of aecode_tls_refused_total.
const (
	reasonPlaintext  = "plaintext"
	reasonUnknownCA  = "unknown_ca"
	reasonExpired    = "expired"
	reasonNotAllowed = "not_allowed"
	reasonOther      = "other"
)

// Limits of what an unknown peer can put into one line of the log: how many names
// of its certificate, and how many bytes of each text.
const (
	maxNames = 5
	maxText  = 200
)

// refusals count and log the handshakes that a server refused.
type refusals struct {
	total *prometheus.CounterVec
	log   certfiles.Logger
	// limits has one limit for each reason, so that no reason hides another.
	limits map[string]*logLimit
}

func newRefusals(log certfiles.Logger) *refusals {
	r := &refusals{log: log, limits: make(map[string]*logLimit), total: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "aecode_tls_refused_total",
		Help: "Connections refused in the TLS handshake, by reason: plaintext, unknown_ca, expired (or not valid yet), not_allowed (no name in TLS.Clients), other.",
	}, []string{"reason"})}
	for _, reason := range []string{reasonPlaintext, reasonUnknownCA, reasonExpired, reasonNotAllowed, reasonOther} {
		r.total.WithLabelValues(reason) // so that an alert sees it rise from 0
		r.limits[reason] = &logLimit{}
	}
	return r
}

// note counts and logs a failed handshake. A peer that closes or resets the
// connection without sending anything, as port probes do, is not counted.
func (r *refusals) note(peer net.Addr, err error) {
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return
	}
	reason, leaf := reasonOf(err)
	r.total.WithLabelValues(reason).Inc()
	skipped, due := r.limits[reason].due()
	if !due {
		return
	}
	r.log.Error("a caller was refused in the TLS handshake", "reason", reason, "peer", peer.String(),
		"names", namesOf(leaf), "why", short(err.Error()), "not_logged_before", skipped)
}

// reasonOf returns the reason of a failed handshake, and the peer's certificate if
// it showed one.
func reasonOf(err error) (reason string, leaf *x509.Certificate) {
	if notAllowed, ok := errors.AsType[*notAllowedError](err); ok {
		return reasonNotAllowed, notAllowed.leaf
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

// namesOf returns the first names in a certificate, at most maxNames.
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

// short cuts s to maxText bytes and makes it valid UTF-8.
func short(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}
