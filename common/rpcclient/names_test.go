package rpcclient

import (
	"errors"
	"net"
	"slices"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// names is a DNS server with one name.
type names struct {
	conn *net.UDPConn
	mu   sync.Mutex
	ips  []string
	away bool
	done chan struct{}
}

// startNames answers every question for an address with ips.
func startNames(t *testing.T, ips ...string) *names {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	n := &names{conn: conn, ips: ips, done: make(chan struct{})}
	go n.answer()
	t.Cleanup(func() { conn.Close(); <-n.done })
	return n
}

func (n *names) addr() string { return n.conn.LocalAddr().String() }

func (n *names) set(away bool, ips ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away, n.ips = away, ips
}

func (n *names) answer() {
	defer close(n.done)
	buffer := make([]byte, 1500)
	for {
		size, from, err := n.conn.ReadFromUDP(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		var asked dnsmessage.Message
		if err != nil || asked.Unpack(buffer[:size]) != nil || len(asked.Questions) != 1 {
			continue
		}
		n.mu.Lock()
		away, ips := n.away, slices.Clone(n.ips)
		n.mu.Unlock()
		if away {
			continue
		}
		question := asked.Questions[0]
		answer := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: asked.ID, Response: true, Authoritative: true, RecursionAvailable: true},
			Questions: asked.Questions,
		}
		for _, ip := range ips {
			if question.Type == dnsmessage.TypeA {
				answer.Answers = append(answer.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 1},
					Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(ip).To4())},
				})
			}
		}
		if len(ips) == 0 {
			answer.RCode = dnsmessage.RCodeNameError
		}
		if packed, err := answer.Pack(); err == nil {
			_, _ = n.conn.WriteToUDP(packed, from) // it asks again
		}
	}
}
