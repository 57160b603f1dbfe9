package rpcclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/resolver"
)

const (
	// lookEvery is how often names are looked up, lookAgain how soon after a
	// look-up when a connection has broken.
	lookEvery = 5 * time.Second
	lookAgain = time.Second
	// lookTimeout bounds one look-up.
	lookTimeout = 3 * time.Second
)

// builder resolves the targets of Target. gRPC's own dns resolver asks only when
// a connection has broken, at most every 30 s, and after failures waits for up
// to two minutes, whatever heals meanwhile.
type builder struct{}

// Scheme is the scheme of Target's targets.
func (builder) Scheme() string { return scheme }

// OverrideAuthority is the first place's host:port, as it would be if it stood
// alone.
func (builder) OverrideAuthority(target resolver.Target) string {
	places, err := parse(target.Endpoint())
	if err != nil {
		return ""
	}
	return net.JoinHostPort(places[0].host, places[0].port)
}

// Build starts resolving.
func (builder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	places, err := parse(target.Endpoint())
	if err != nil {
		return nil, err
	}
	f := &finder{cc: cc, places: places, found: make([][]string, len(places)), now: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	f.owned.Go(func() { f.follow(ctx) })
	return f, nil
}

// finder keeps a connection told of its replicas' addresses.
type finder struct {
	cc     resolver.ClientConn
	places []place
	// found holds what each place led to last. A look-up that fails leaves it: a
	// DNS server that is away is no reason to leave replicas that answer.
	found [][]string
	told  []resolver.Address

	now   chan struct{}
	stop  context.CancelFunc
	owned sync.WaitGroup
}

// ResolveNow is called when a connection has broken.
func (f *finder) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case f.now <- struct{}{}:
	default: // it is asked for already
	}
}

// Close ends the look-ups and waits for their end.
func (f *finder) Close() {
	f.stop()
	f.owned.Wait()
}

func (f *finder) follow(ctx context.Context) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	again := time.NewTimer(lookAgain)
	defer again.Stop()
	for {
		named, err := f.look(ctx)
		f.tell(err)
		if !named {
			return
		}
		again.Reset(lookAgain)
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-f.now:
		}
	}
}

// look finds the addresses of every place. It reports whether any of them is a
// name, which can change.
func (f *finder) look(ctx context.Context) (named bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var errs []error
	for i, p := range f.places {
		if addr, ok := p.fixed(); ok {
			f.found[i] = []string{addr}
			continue
		}
		named = true
		ips, err := p.resolver().LookupHost(ctx, p.host)
		if err != nil {
			errs = append(errs, fmt.Errorf("look up %s: %w", p.host, err))
			continue
		}
		f.found[i] = f.found[i][:0]
		for _, ip := range ips {
			f.found[i] = append(f.found[i], net.JoinHostPort(ip, p.port))
		}
	}
	return named, errors.Join(errs...)
}

func (p place) resolver() *net.Resolver {
	if p.server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, p.server)
		},
	}
}

// tell passes on what has changed: a balancer starts afresh with each word. Each
// address comes with the name that it was called by, which its certificate is
// held against.
func (f *finder) tell(err error) {
	var all []resolver.Address
	for i, p := range f.places {
		for _, addr := range f.found[i] {
			all = append(all, resolver.Address{Addr: addr, ServerName: net.JoinHostPort(p.host, p.port)})
		}
	}
	byAddr := func(a, b resolver.Address) int { return strings.Compare(a.Addr, b.Addr) }
	slices.SortStableFunc(all, byAddr)
	all = slices.CompactFunc(all, func(a, b resolver.Address) bool { return byAddr(a, b) == 0 })
	if len(all) == 0 {
		f.cc.ReportError(err)
		return
	}
	if slices.EqualFunc(all, f.told, resolver.Address.Equal) {
		return
	}
	if f.cc.UpdateState(resolver.State{Addresses: all}) == nil {
		f.told = all
	}
}
