package mtls

import (
	"errors"
	"net"
	"syscall"
	"testing"
)

// Health checks that only open a TCP connection reset it, for example HAProxy's.
func TestAProbeThatResetsTheConnectionIsNotRefused(t *testing.T) {
	ca := newCA(t, "ca")
	p := newParty(t, ca, holds("terminology"), ca)
	server := p.Server([]string{"data-sync"})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	probe, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if err := errors.Join(probe.(*net.TCPConn).SetLinger(0), probe.Close()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := server.ServerHandshake(raw); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("%v; want a reset", err)
	}
	if got, logged := p.refusals(t), p.logged.get(); len(got) != 0 || len(logged) != 0 {
		t.Errorf("counted %v, logged %q", got, logged)
	}
}
