package rpcserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"aecode/common/mtls"
	"aecode/common/testsupport/trialca"
)

// identities returns the identities of a service and of a caller that it allows.
func identities(t *testing.T) (service, caller *mtls.Identity) {
	t.Helper()
	ca, err := trialca.New("ca", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	caPEM, _, err := ca.PEM()
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string) *mtls.Identity {
		dir := t.TempDir()
		conf := mtls.Config{CertFile: filepath.Join(dir, "crt"), KeyFile: filepath.Join(dir, "key"), CAFile: filepath.Join(dir, "ca")}
		cert, key, err := ca.Issue(trialca.Leaf{Names: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)})
		err = errors.Join(err, os.WriteFile(conf.CertFile, cert, 0o600), os.WriteFile(conf.KeyFile, key, 0o600), os.WriteFile(conf.CAFile, caPEM, 0o600))
		if err != nil {
			t.Fatal(err)
		}
		identity, err := mtls.Open(conf, slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		return identity
	}
	return open("service"), open("caller")
}

// ask connects, calls the health service and closes the connection.
func (s *started) ask(t *testing.T, as credentials.TransportCredentials, opts ...grpc.CallOption) error {
	t.Helper()
	conn, err := grpc.NewClient(s.addr, grpc.WithTransportCredentials(as))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, opts...)
	return err
}

func TestRefusedHandshakesTakeNoPlaceOfAConnection(t *testing.T) {
	service, caller := identities(t)
	ready := NewReadiness()
	ready.Set(true)
	s := start(t, &echoing{}, Options{Ready: ready, MaxConnections: 1, Credentials: service.Server([]string{"caller"})})
	if err := s.ask(t, caller.Client("service"), grpc.WaitForReady(true)); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := s.ask(t, insecure.NewCredentials()); status.Code(err) != codes.Unavailable {
			t.Errorf("a plaintext caller: %v", err)
		}
		if err := s.ask(t, service.Client("service")); status.Code(err) != codes.Unavailable {
			t.Errorf("one that is not on the list: %v", err)
		}
	}
	if err := s.ask(t, caller.Client("service"), grpc.WaitForReady(true)); err != nil {
		t.Error(err)
	}
}

func TestAPeerThatConnectsAndNeverSpeaksIsLeftAndItsPlaceFreed(t *testing.T) {
	service, caller := identities(t)
	for name, creds := range map[string]struct {
		server, client credentials.TransportCredentials
	}{
		"mutual TLS": {service.Server([]string{"caller"}), caller.Client("service")},
		"plaintext":  {nil, mtls.Loopback()},
	} {
		t.Run(name, func(t *testing.T) {
			ready := NewReadiness()
			ready.Set(true)
			s := start(t, &echoing{}, Options{Ready: ready, MaxConnections: 1, Credentials: creds.server, HandshakeTimeout: 300 * time.Millisecond})
			if err := s.ask(t, creds.client, grpc.WaitForReady(true)); err != nil {
				t.Fatal(err) // it is up
			}
			raw, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close()
			if err := raw.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			for { // read what the server may send first, until it closes
				if _, err = raw.Read(make([]byte, 1024)); err != nil {
					break
				}
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("the server holds on to it")
			}
			if err := s.ask(t, creds.client, grpc.WaitForReady(true)); err != nil {
				t.Error(err)
			}
		})
	}
}
