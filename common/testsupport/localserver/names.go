package localserver

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	"golang.org/x/net/dns/dnsmessage"
)

// Names is a DNS server on loopback. It answers questions for every name with the
// same addresses. Its methods are safe for concurrent use.
type Names struct {
	conn  *net.UDPConn
	mu    sync.Mutex
	ips   []string
	away  bool
	asked int
	done  chan struct{}
}

// StartNames starts a server that answers with ips, which are IPv4 addresses. With
// no ips it answers that the name does not exist.
func StartNames(ips ...string) (*Names, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("start a DNS server: %w", err)
	}
	n := &Names{conn: conn, ips: ips, done: make(chan struct{})}
	go n.answer()
	return n, nil
}

// Addr returns the host:port of the server.
func (n *Names) Addr() string { return n.conn.LocalAddr().String() }

// Set makes the server answer with ips from now on, as StartNames does.
func (n *Names) Set(ips ...string) { n.set(false, ips) }

// Silence makes the server answer nothing until Set.
func (n *Names) Silence() { n.set(true, nil) }

func (n *Names) set(away bool, ips []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.away, n.ips = away, ips
}

// Asked returns the number of questions that the server has received.
func (n *Names) Asked() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

// Stop stops the server and waits until it has ended.
func (n *Names) Stop() error {
	err := n.conn.Close()
	<-n.done
	return err
}

func (n *Names) answer() {
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
		n.asked++
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
			_, _ = n.conn.WriteToUDP(packed, from) // the client repeats its question
		}
	}
}
