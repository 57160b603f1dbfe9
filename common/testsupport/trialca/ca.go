// Package trialca is a small certificate authority for trials and tests. Neither
// service uses it.
//
// It keeps no records, revokes no certificates and checks nobody's identity:
// whoever has the key of a CA can issue a certificate for any name. If your
// organisation has a certificate authority, use that.
package trialca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// CA is a self-signed certificate authority with its key. Its methods are safe
// for concurrent use.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Leaf is what a certificate is issued for.
type Leaf struct {
	// Names are the names in the certificate, at least one. A name that contains
	// "://" is a URI, the others are DNS names. The first one is also the common
	// name.
	Names []string
	// IPs are the IP addresses in the certificate, if any.
	IPs []net.IP
	// NotBefore and NotAfter are the validity of the certificate, with a precision
	// of one second. It may be outside the validity of the CA.
	NotBefore, NotAfter time.Time
}

// New creates a CA with a new key (ECDSA P-256).
func New(name string, notBefore, notAfter time.Time) (*CA, error) {
	if name == "" || !notBefore.Before(notAfter) {
		return nil, errors.New("make a CA: give it a name, and an end that is after its start")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the key of CA %s: %w", name, err)
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of CA %s: %w", name, err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of CA %s: %w", name, err)
	}
	return &CA{cert: cert, key: key}, nil
}

// Load returns the CA whose certificate and key PEM has returned.
func Load(certPEM, keyPEM []byte) (*CA, error) {
	certBlock, _ := pem.Decode(certPEM)
	keyBlock, _ := pem.Decode(keyPEM)
	if certBlock == nil || certBlock.Type != "CERTIFICATE" || keyBlock == nil || keyBlock.Type != "PRIVATE KEY" {
		return nil, errors.New("load a CA: give a certificate and a PKCS #8 private key, both in PEM")
	}
	cert, err := x509.ParseCertificate(certBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load a CA's certificate: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(keyBlock.Bytes)
	if err != nil {
		return nil, fmt.Errorf("load a CA's key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || !key.PublicKey.Equal(cert.PublicKey) {
		return nil, errors.New("load a CA: the private key does not belong to the certificate")
	}
	if !cert.IsCA {
		return nil, errors.New("load a CA: the certificate is not that of a CA")
	}
	return &CA{cert: cert, key: key}, nil
}

// PEM returns the certificate, which is public, and the private key in PKCS #8,
// which must be kept secret.
func (c *CA) PEM() (certPEM, keyPEM []byte, err error) {
	keyPEM, err = encodeKey(c.key)
	return encodeCert(c.cert.Raw), keyPEM, err
}

// Issue creates a certificate for client and server use, with a new key. certPEM
// has the certificate without that of the CA. keyPEM is PKCS #8.
func (c *CA) Issue(l Leaf) (certPEM, keyPEM []byte, err error) {
	if len(l.Names) == 0 || !l.NotBefore.Before(l.NotAfter) {
		return nil, nil, errors.New("issue a certificate: give it a name, and an end that is after its start")
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: l.Names[0]},
		NotBefore:             l.NotBefore,
		NotAfter:              l.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IPAddresses:           l.IPs,
	}
	for _, name := range l.Names {
		if !strings.Contains(name, "://") {
			template.DNSNames = append(template.DNSNames, name)
			continue
		}
		uri, err := url.Parse(name)
		if err != nil {
			return nil, nil, fmt.Errorf("issue a certificate for %s: %w", name, err)
		}
		template.URIs = append(template.URIs, uri)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key for %s: %w", l.Names[0], err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, c.cert, &key.PublicKey, c.key)
	if err != nil {
		return nil, nil, fmt.Errorf("issue a certificate for %s: %w", l.Names[0], err)
	}
	keyPEM, err = encodeKey(key)
	return encodeCert(raw), keyPEM, err
}

func encodeCert(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}
