// Package svc holds what the calls of data-sync share, and its life: what is
// opened at start is closed in reverse order at the end.
package svc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"

	"aecode/common/idempotency"
	"aecode/common/logxadapter"
	"aecode/common/mtls"
	"aecode/data-sync/internal/backlog"
	"aecode/data-sync/internal/claims"
	"aecode/data-sync/internal/config"
	"aecode/data-sync/internal/faultinject"
	"aecode/data-sync/internal/metrics"
	"aecode/data-sync/internal/nightly"
	"aecode/data-sync/internal/single"
	"aecode/data-sync/internal/store"
	"aecode/data-sync/internal/terminologyclient"
)

// ServiceContext is what the calls of data-sync share. Run sets Store, Engine, Single
// and Key before it sets ready, because it waits for the database while the service
// already listens and /healthz answers.
type ServiceContext struct {
	Config config.Config
	Store  *store.Store
	Engine *nightly.Engine
	Single *single.Service
	// Key is the installation's, for digests and fingerprints.
	Key []byte

	identity *mtls.Identity
	metrics  *metrics.Metrics
	stopping context.Context //nolint:containedctx // ends with Run, not with a call
	stop     context.CancelFunc
	closers  []func() error
}

// NewServiceContext returns a context that has opened nothing yet, and will call
// terminology as identity. A process has one, since it registers its metrics.
func NewServiceContext(c config.Config, identity *mtls.Identity) *ServiceContext {
	s := &ServiceContext{Config: c, identity: identity, metrics: metrics.New(prometheus.DefaultRegisterer)}
	s.stopping, s.stop = context.WithCancel(context.Background())
	return s
}

// Readiness learns whether the service can serve. Set reports whether that is a
// change.
type Readiness interface {
	Set(ready bool) (changed bool)
}

// Run waits for the database and Redis, for as long as that takes, sets ready, and
// then works passes until ctx ends. Meanwhile it tells ready whether the database
// answers, and shows what waits in it. It does not wait for terminology, and stays
// ready without it and without Redis later: a pass pauses, and each call that needs one
// of them fails by itself.
//
// The error is one that waiting does not cure, such as a wrong password or a schema
// newer than this program. If ctx ends while Run waits, it returns nil.
func (s *ServiceContext) Run(ctx context.Context, ready Readiness) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, s.stop)()
	defer s.stop()
	err := s.open(ctx)
	switch {
	case ctx.Err() != nil:
		return nil // told to stop while it waited: no fault
	case err != nil:
		return err
	}
	ready.Set(true)
	logx.Info("data-sync is ready")
	var following sync.WaitGroup
	following.Go(func() { followStore(ctx, s.Store.Ping, ready) })
	following.Go(func() { backlog.Run(ctx, s.Store, s.Config.Metrics, s.metrics, logxadapter.Log{}) })
	err = s.Engine.Run(ctx)
	cancel()
	following.Wait()
	if err != nil {
		return fmt.Errorf("nightly engine: %w", err)
	}
	return nil
}

func (s *ServiceContext) open(ctx context.Context) error {
	if err := s.awaitStore(ctx); err != nil {
		return err
	}
	secret, err := idempotency.NewSecret(s.Key)
	if err != nil {
		return err
	}
	client, err := s.awaitRedis(ctx)
	if err != nil {
		return err
	}
	terms, err := terminologyclient.Open(s.Config.Terminology, s.identity, s.metrics)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, terms.Close)
	return s.build(client, terms, secret)
}

// build puts the engine and the single-report service on what was opened.
func (s *ServiceContext) build(client redis.UniversalClient, terms *terminologyclient.Client, secret idempotency.Secret) error {
	c := s.Config
	records := func(prefix string, cfg idempotency.Config) (*idempotency.Store, error) {
		return idempotency.New(client, idempotency.Options{Prefix: prefix, Config: cfg, Observe: s.metrics.Idempotency})
	}
	nightlyRecords, err := records("aecode-nightly", c.Idempotency.Nightly())
	if err != nil {
		return err
	}
	singleRecords, err := records("aecode-single", c.Idempotency.Config)
	if err != nil {
		return err
	}
	passClaims, err := claims.New(nightlyRecords, secret, c.Run.ChunkLease)
	if err != nil {
		return err
	}
	db, coder, chunkClaims := faultinject.Wrap(s.Store, terms, passClaims)
	s.Engine, err = nightly.New(db, coder, chunkClaims, c.Run, nightly.Options{
		EncodeConcurrency: c.Terminology.Concurrency, BatchOverall: c.Terminology.Overall, Owner: processName(),
	}, s.metrics, logxadapter.Log{})
	if err != nil {
		return err
	}
	s.Single = single.New(s.Store, coder, singleRecords, secret, c.Terminology.Overall, store.ErrNotFound)
	return nil
}

// longestName is what a lease's owner has room for.
const longestName = 60

// processName is host:pid, by which whoever looks at the chunks finds the
// replica that holds one.
func processName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	name := host + ":" + strconv.Itoa(os.Getpid())
	return strings.ToValidUTF8(name[max(0, len(name)-longestName):], "")
}

// UntilStopping returns a context that also ends when Run's does, for streams, which
// would hold up the server's stop.
func (s *ServiceContext) UntilStopping(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(s.stopping, cancel)
	return ctx, func() { release(); cancel() }
}

// Close closes what Run opened, in reverse order. Run must have ended, and the
// server must have finished its calls.
func (s *ServiceContext) Close() error {
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}
