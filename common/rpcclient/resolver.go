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
	// lookupEvery is the time between two look-ups of the names.
	lookupEvery = 5 * time.Second
	// lookupAgain is the shortest time between two look-ups, after a connection has
	// broken.
	lookupAgain = time.Second
	// lookupTimeout limits one look-up.
	lookupTimeout = 3 * time.Second
)

// builder builds the resolvers for the targets of Target. The dns resolver of
// gRPC looks a name up only when a connection has broken, every 30 s at most, and
// after failures waits up to two minutes, even if the DNS server is back sooner.
type builder struct{}

// Scheme returns the scheme of Target's targets.
func (builder) Scheme() string { return scheme }

// OverrideAuthority returns the host:port of the first endpoint, which is what
// gRPC uses for a target with one endpoint.
func (builder) OverrideAuthority(target resolver.Target) string {
	endpoints, err := parse(target.Endpoint())
	if err != nil {
		return ""
	}
	return net.JoinHostPort(endpoints[0].host, endpoints[0].port)
}

// Build starts a resolver.
func (builder) Build(target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions) (resolver.Resolver, error) {
	endpoints, err := parse(target.Endpoint())
	if err != nil {
		return nil, err
	}
	f := &finder{cc: cc, endpoints: endpoints, found: make([][]string, len(endpoints)), now: make(chan struct{}, 1)}
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	f.running.Go(func() { f.run(ctx) })
	return f, nil
}

// finder is the resolver of one client: it passes the addresses of the replicas
// to gRPC.
type finder struct {
	cc        resolver.ClientConn
	endpoints []endpoint
	// found has the newest addresses of each endpoint. A failed look-up keeps them:
	// replicas that answer stay in use while the DNS server is away.
	found [][]string
	sent  []resolver.Address

	now     chan struct{}
	stop    context.CancelFunc
	running sync.WaitGroup
}

// ResolveNow asks for a look-up soon. gRPC calls it when a connection has broken.
func (f *finder) ResolveNow(resolver.ResolveNowOptions) {
	select {
	case f.now <- struct{}{}:
	default: // a look-up is already requested
	}
}

// Close stops the look-ups and waits until they have ended.
func (f *finder) Close() {
	f.stop()
	f.running.Wait()
}

// run looks the names up until ctx ends. It returns after the first time if all
// endpoints are IP addresses.
func (f *finder) run(ctx context.Context) {
	every := time.NewTicker(lookupEvery)
	defer every.Stop()
	again := time.NewTimer(lookupAgain)
	defer again.Stop()
	for {
		hasNames, err := f.lookUp(ctx)
		f.send(err)
		if !hasNames {
			return
		}
		again.Reset(lookupAgain)
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

// lookUp finds the addresses of all endpoints. It reports whether any endpoint is
// a name, whose addresses can change.
func (f *finder) lookUp(ctx context.Context) (hasNames bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	var errs []error
	for i, e := range f.endpoints {
		if addr, ok := e.fixed(); ok {
			f.found[i] = []string{addr}
			continue
		}
		hasNames = true
		ips, err := e.resolver().LookupHost(ctx, e.host)
		if err != nil {
			errs = append(errs, fmt.Errorf("look up %s: %w", e.host, err))
			continue
		}
		f.found[i] = f.found[i][:0]
		for _, ip := range ips {
			f.found[i] = append(f.found[i], net.JoinHostPort(ip, e.port))
		}
	}
	return hasNames, errors.Join(errs...)
}

func (e endpoint) resolver() *net.Resolver {
	if e.server == "" {
		return net.DefaultResolver
	}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, e.server)
		},
	}
}

// send passes the addresses to gRPC if they have changed: a balancer starts again
// with each update. Each address has the host:port of its endpoint as the name
// that the replica's certificate must have. err is the error of the look-up; send
// reports it if there are no addresses at all.
func (f *finder) send(err error) {
	var all []resolver.Address
	for i, e := range f.endpoints {
		for _, addr := range f.found[i] {
			all = append(all, resolver.Address{Addr: addr, ServerName: net.JoinHostPort(e.host, e.port)})
		}
	}
	byAddr := func(a, b resolver.Address) int { return strings.Compare(a.Addr, b.Addr) }
	slices.SortStableFunc(all, byAddr)
	all = slices.CompactFunc(all, func(a, b resolver.Address) bool { return byAddr(a, b) == 0 })
	if len(all) == 0 {
		f.cc.ReportError(err)
		return
	}
	if slices.EqualFunc(all, f.sent, resolver.Address.Equal) {
		return
	}
	if f.cc.UpdateState(resolver.State{Addresses: all}) == nil {
		f.sent = all
	}
}
