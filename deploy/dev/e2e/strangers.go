package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"aecode/common/testsupport/trialca"
)

// chore runs a command on the mounted folders, as root and without a network, in an image
// that has a shell.
func (s *stack) chore(ctx context.Context, command string, mounts []string, args ...string) (string, error) {
	image := standin
	for _, e := range s.env {
		if name, ok := strings.CutPrefix(e, "POSTGRES_IMAGE="); ok {
			image = name
		}
	}
	return s.docker(ctx, slices.Concat([]string{"run", "--rm", "--label", runLabel + "=" + s.project, "--network", "none", "--user", "0", "--entrypoint", command}, mounts, []string{image}, args)...)
}

// readVolume reads a file of one of the project's volumes.
func (s *stack) readVolume(ctx context.Context, volume, file string) (string, error) {
	return s.chore(ctx, "cat", []string{"-v", s.project + "_" + volume + ":/volume:ro"}, "/volume/"+file)
}

// learnSecrets reads the passwords and a line of each private key, to look for later.
func (s *stack) learnSecrets(ctx context.Context) error {
	s.secrets = nil
	for _, at := range [][2]string{
		{"trial-data-sync", "postgres_password"}, {"trial-data-sync", "redis_password"}, {"trial-grafana", "admin_password"},
		{"trial-ca", "ca.key"}, {"trial-terminology", "tls.key"}, {"trial-data-sync", "tls.key"},
		{"trial-nightly", "tls.key"}, {"trial-operator", "tls.key"}, {"trial-postgres", "tls.key"}, {"trial-redis", "tls.key"},
	} {
		content, err := s.readVolume(ctx, at[0], at[1])
		if err != nil {
			return err
		}
		secret := strings.TrimSpace(content)
		if lines := strings.Split(secret, "\n"); len(lines) > 2 {
			secret = lines[1] // the first line of a PEM block's body
		}
		if len(secret) < 20 {
			return fmt.Errorf("%s of %s holds only %d characters", at[1], at[0], len(secret))
		}
		s.secrets = append(s.secrets, secret)
	}
	return nil
}

// strangersAreRefused calls both services as callers that they must refuse, and as one
// that they must accept.
func strangersAreRefused(ctx context.Context, s *stack) (string, error) {
	caPEM, err := s.readVolume(ctx, "trial-ca", "ca.crt")
	if err != nil {
		return "", err
	}
	caKey, err := s.readVolume(ctx, "trial-ca", "ca.key")
	if err != nil {
		return "", err
	}
	ca, err := trialca.Load([]byte(caPEM), []byte(caKey))
	if err != nil {
		return "", err
	}
	now := time.Now()
	foreign, err := trialca.New("another CA", now.Add(-time.Hour), now.Add(time.Hour))
	if err != nil {
		return "", err
	}
	all, err := s.containers(ctx, "data-sync", "terminology")
	if err != nil {
		return "", err
	}
	refused := 0
	for _, c := range all {
		at, known := c.hostPort(), "operator"
		if c.Service == "terminology" {
			known = "data-sync"
			if at, err = c.address("9101"); err != nil {
				return "", err
			}
		}
		callers := []struct {
			what    string
			by      *trialca.CA
			name    string
			end     time.Time
			allowed bool
		}{
			{"of an unknown CA", foreign, known, now.Add(time.Hour), false},
			{"expired", ca, known, now.Add(-time.Minute), false},
			{"not on the list", ca, "stranger", now.Add(time.Hour), false},
			{"on the list", ca, known, now.Add(time.Hour), true},
		}
		for _, caller := range callers {
			conf, err := identityOf(caller.by, caller.name, caller.end, caPEM, c.Service)
			if err != nil {
				return "", err
			}
			if err := expect(ctx, at, credentials.NewTLS(conf), caller.allowed); err != nil {
				return "", fmt.Errorf("%s at %s, a caller %s: %w", c.Service, at, caller.what, err)
			}
			if !caller.allowed {
				refused++
			}
		}
		nobody, err := identityOf(nil, "", now, caPEM, c.Service)
		if err != nil {
			return "", err
		}
		for what, creds := range map[string]credentials.TransportCredentials{
			"without a certificate": credentials.NewTLS(nobody), "in plaintext": insecure.NewCredentials(),
		} {
			if err := expect(ctx, at, creds, false); err != nil {
				return "", fmt.Errorf("%s at %s, a caller %s: %w", c.Service, at, what, err)
			}
			refused++
		}
	}
	return fmt.Sprintf("%d refusals at %d replicas", refused, len(all)), nil
}

// identityOf gives a caller's TLS configuration; without a CA it has no certificate.
func identityOf(by *trialca.CA, name string, end time.Time, caPEM, server string) (*tls.Config, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(caPEM)) {
		return nil, errors.New("the trial's CA has no certificate")
	}
	conf := &tls.Config{RootCAs: roots, ServerName: server, MinVersion: tls.VersionTLS13}
	if by == nil {
		return conf, nil
	}
	certPEM, keyPEM, err := by.Issue(trialca.Leaf{Names: []string{name}, NotBefore: end.Add(-24 * time.Hour), NotAfter: end})
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	// The certificate is sent even if the server does not list its CA.
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	return conf, err
}

// expect calls the health service at an address and checks whether it answers.
func expect(ctx context.Context, at string, creds credentials.TransportCredentials, allowed bool) error {
	conn, err := grpc.NewClient("passthrough:///"+at, grpc.WithTransportCredentials(creds))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	closed := conn.Close()
	switch {
	case allowed && err != nil:
		return fmt.Errorf("is refused: %w", err)
	case !allowed && err == nil:
		return errors.New("is accepted")
	}
	return closed
}
