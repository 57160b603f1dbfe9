// Package svc holds what the calls of data-sync share, and its life: what is
// opened at start is closed in reverse order at the end.
package svc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"

	"aecode/common/deadline"
	"aecode/common/idempotency"
	"aecode/common/redisconn"
	"aecode/common/retry"
	"aecode/data-sync/internal/coding"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/metrics"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/single"
	"aecode/data-sync/internal/store"
	"aecode/proto/terminology"
)

// ServiceContext is what the calls of data-sync share.
type ServiceContext struct {
	Config config.Config
	Store  *store.Store
	Engine *nightly.Engine
	Single *single.Service
	// Key is the installation's, for digests and fingerprints.
	Key []byte

	stopping context.Context
	stop     context.CancelFunc
	engine   chan struct{} // closed when the engine has ended
	closers  []func() error
}

// NewServiceContext opens the store, Redis and the client of terminology. It
// does not wait for terminology: a pass pauses while that is away. On an error
// nothing is left open.
func NewServiceContext(ctx context.Context, c config.Config) (*ServiceContext, error) {
	s := &ServiceContext{Config: c, engine: make(chan struct{})}
	s.stopping, s.stop = context.WithCancel(context.Background())
	if err := s.open(ctx); err != nil {
		close(s.engine)
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *ServiceContext) open(ctx context.Context) (err error) {
	c := s.Config
	m := metrics.New(prometheus.DefaultRegisterer)
	if s.Store, err = store.Open(ctx, store.Config{
		Path: c.Store.Path, StatementTimeout: c.Store.StatementTimeout, WriteTimeout: c.Store.WriteTimeout,
	}); err != nil {
		return err
	}
	s.closers = append(s.closers, s.Store.Close)
	if s.Key, err = s.Store.InstallationKey(ctx); err != nil {
		return err
	}
	secret, err := idempotency.NewSecret(s.Key)
	if err != nil {
		return err
	}
	client, err := s.openRedis(c.Idempotency) //nolint:contextcheck // the embedded Redis outlives the start
	if err != nil {
		return err
	}
	terms, err := s.openTerminology(c.Terminology, m)
	if err != nil {
		return err
	}
	return s.build(client, terms, secret, m)
}

// build puts the engine and the single-report service on what was opened.
func (s *ServiceContext) build(client redis.UniversalClient, terms *coding.Client, secret idempotency.Secret, m *metrics.Metrics) error {
	claims := func(prefix string, lease time.Duration) (*idempotency.Store, error) {
		return idempotency.New(client, idempotency.Options{
			Prefix: prefix, Lease: lease, Retention: s.Config.Idempotency.Retention,
			CallTimeout: s.Config.Idempotency.CallTimeout, Observe: m.Idempotency,
		})
	}
	nightlyClaims, err := claims("aecode-nightly", s.Config.Idempotency.NightlyLease)
	if err != nil {
		return err
	}
	singleClaims, err := claims("aecode-single", s.Config.Idempotency.Lease)
	if err != nil {
		return err
	}
	location, err := time.LoadLocation(s.Config.Run.TimeZone)
	if err != nil {
		return fmt.Errorf("Run.TimeZone: %w", err)
	}
	cfg := nightly.Default()
	run := s.Config.Run
	cfg.Workers, cfg.ChunkSize, cfg.ChunkLease = run.Workers, run.ChunkSize, run.ChunkLease
	cfg.EncodeConcurrency, cfg.BatchOverall = s.Config.Terminology.Concurrency, s.Config.Terminology.Overall
	cfg.RunDeadline, cfg.OutageBudget = run.Deadline, run.OutageBudget
	cfg.Poll, cfg.IdlePoll, cfg.Grace, cfg.Location = run.Poll, max(2*time.Second, run.Poll), run.Grace, location
	passClaims, err := nightly.NewClaims(nightlyClaims, secret, cfg.ChunkLease)
	if err != nil {
		return err
	}
	s.Engine, err = nightly.New(s.Store, terms, passClaims, cfg, m, logger{})
	if err != nil {
		return err
	}
	s.Single = single.New(s.Store, s.Engine, singleClaims, secret, store.ErrNotFound)
	return nil
}

func (s *ServiceContext) openRedis(c config.Idempotency) (redis.UniversalClient, error) {
	at := c.Redis
	if c.Embedded {
		// It ends with Close, after the engine, not with the signal to stop.
		embedded, err := redisconn.StartEmbedded(context.Background(), "")
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, embedded.Close)
		at = embedded.Config()
	}
	client, err := redisconn.Open(at)
	if err != nil {
		return nil, fmt.Errorf("Idempotency.Redis: %w", err)
	}
	s.closers = append(s.closers, client.Close)
	return client, nil
}

// openTerminology builds the client without go-zero's breaker, which drops calls
// after the server has healed, without its timeout, which all tries would
// share, and without its duration log, which shows requests.
func (s *ServiceContext) openTerminology(c config.Terminology, m *metrics.Metrics) (*coding.Client, error) {
	conf := zrpc.RpcClientConf{Target: c.Target, NonBlock: true, BalancerName: "p2c_ewma"}
	conf.Middlewares.Trace = true
	conf.Middlewares.Prometheus = true
	client, err := zrpc.NewClient(conf,
		zrpc.WithDialOption(grpc.WithConnectParams(reconnect)),
		zrpc.WithDialOption(grpc.WithKeepaliveParams(ping)),
		zrpc.WithUnaryClientInterceptor(deadline.UnaryClientInterceptor()),
		zrpc.WithStreamClientInterceptor(deadline.StreamClientInterceptor()))
	if err != nil {
		return nil, fmt.Errorf("Terminology.Target %s: %w", c.Target, err)
	}
	conn := client.Conn()
	s.closers = append(s.closers, func() error { return closeConn(conn) })
	return coding.New(terminology.NewTerminologyClient(conn), coding.Config{
		AttemptTimeout: c.AttemptTimeout, MaxAttempts: c.MaxAttempts,
		Backoff:      retry.Backoff{Base: c.FirstDelay, Cap: c.MaxDelay},
		BatchOverall: c.Overall, BatchMax: c.MaxBatch, Limit: c.Candidates,
		BudgetRatio: c.BudgetRatio, BudgetPerSecond: c.BudgetPerSecond,
	}, m)
}

// reconnect looks again soon: gRPC's own backoff grows to two minutes, by which
// a terminology that is back would still be away for this client.
var reconnect = grpc.ConnectParams{
	Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second},
	MinConnectTimeout: 2 * time.Second,
}

// ping finds a connection out that a network swallows without a word, which
// every try on it would otherwise time out on for minutes. 10 s is gRPC's least.
var ping = keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second, PermitWithoutStream: true}

func closeConn(conn grpc.ClientConnInterface) error {
	if c, ok := conn.(*grpc.ClientConn); ok {
		return c.Close()
	}
	return nil
}

// RunEngine works passes until Stop. Close waits for it.
func (s *ServiceContext) RunEngine() error {
	defer close(s.engine)
	return s.Engine.Run(s.stopping)
}

// Stop makes the engine take no further chunk and ends the streams that would
// hold up the server.
func (s *ServiceContext) Stop() { s.stop() }

// UntilStopping gives a context that also ends when this replica stops.
func (s *ServiceContext) UntilStopping(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(s.stopping, cancel)
	return ctx, func() { release(); cancel() }
}

// Close stops, waits for the engine and closes everything in reverse order.
func (s *ServiceContext) Close() error {
	s.stop()
	<-s.engine
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}
