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
	"time"

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

// ServiceContext is what the calls of data-sync share. Store, Engine, Single and
// Key are set when Run has said that it is ready.
type ServiceContext struct {
	Config config.Config
	Store  *store.Store
	Engine *nightly.Engine
	Single *single.Service
	// Key is the installation's, for digests and fingerprints.
	Key []byte

	identity *mtls.Identity
	metrics  *metrics.Metrics
	stopping context.Context //nolint:containedctx // ends with the process, not with a call
	stop     context.CancelFunc
	closers  []func() error
}

// NewServiceContext returns one that has opened nothing yet, and will call
// terminology as identity. A process has one: it registers its metrics.
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

// Run waits for the database and Redis, for as long as that takes, then works
// passes until Stop, and meanwhile tells ready whether the database answers and
// shows what waits in it.
// It does not wait for terminology, and is ready without it and without Redis
// later: a pass pauses, and each call that needs one of them fails by itself.
//
// Its error is one that waiting does not cure, such as a wrong password or a
// schema newer than this program. Being stopped is none.
func (s *ServiceContext) Run(ready Readiness) error {
	err := s.open(s.stopping)
	switch {
	case s.stopping.Err() != nil:
		return nil //nolint:nilerr // told to stop while it waited: no fault
	case err != nil:
		return err
	}
	ready.Set(true)
	logx.Info("data-sync is ready")
	var following sync.WaitGroup
	following.Go(func() { followStore(s.stopping, s.Store.Ping, ready) })
	following.Go(func() { backlog.Run(s.stopping, s.Store, s.Config.Metrics.Sample, s.metrics, logxadapter.Log{}) })
	err = s.Engine.Run(s.stopping)
	s.stop()
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
	terms, err := s.openTerminology(s.Config.Terminology)
	if err != nil {
		return err
	}
	return s.build(client, terms, secret)
}

// build puts the engine and the single-report service on what was opened.
func (s *ServiceContext) build(client redis.UniversalClient, terms *terminologyclient.Client, secret idempotency.Secret) error {
	records := func(prefix string, lease time.Duration) (*idempotency.Store, error) {
		return idempotency.New(client, idempotency.Options{
			Prefix: prefix, Lease: lease, Retention: s.Config.Idempotency.Retention,
			CallTimeout: s.Config.Idempotency.CallTimeout, Observe: s.metrics.Idempotency,
		})
	}
	nightlyRecords, err := records("aecode-nightly", s.Config.Idempotency.NightlyLease)
	if err != nil {
		return err
	}
	singleRecords, err := records("aecode-single", s.Config.Idempotency.Lease)
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
	cfg.Owner = processName()
	passClaims, err := claims.New(nightlyRecords, secret, cfg.ChunkLease)
	if err != nil {
		return err
	}
	db, coder, chunkClaims := faultinject.Wrap(s.Store, terms, passClaims)
	s.Engine, err = nightly.New(db, coder, chunkClaims, cfg, s.metrics, logxadapter.Log{})
	if err != nil {
		return err
	}
	s.Single = single.New(s.Store, coder, singleRecords, secret, s.Config.Terminology.Overall, store.ErrNotFound)
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

// Stop makes the engine take no further chunk and ends the streams that would
// hold up the server. A Run that still waits ends at once.
func (s *ServiceContext) Stop() { s.stop() }

// UntilStopping gives a context that also ends when this replica stops.
func (s *ServiceContext) UntilStopping(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(s.stopping, cancel)
	return ctx, func() { release(); cancel() }
}

// Close closes what Run opened, in reverse order. Run must have ended, and the
// server have finished its calls.
func (s *ServiceContext) Close() error {
	s.stop()
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	return errors.Join(errs...)
}
