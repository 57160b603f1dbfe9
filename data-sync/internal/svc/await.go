package svc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/zeromicro/go-zero/core/logx"

	"aecode/common/logxadapter"
	"aecode/common/redisconn"
	"aecode/common/redisconn/rediserr"
	"aecode/common/retry"
	"aecode/data-sync/internal/store"
)

const (
	// storeOpening bounds one try to open the database, migrations included, which
	// the store bounds more closely.
	storeOpening = 12 * time.Minute
	// remind is how often a wait is told of again.
	remind = 30 * time.Second
)

// awaitStore opens the database and brings its schema up to date.
func (s *ServiceContext) awaitStore(ctx context.Context) error {
	return await(ctx, "the database", storeOpening, lastingStore, func(ctx context.Context) error {
		opened, err := store.Open(ctx, s.Config.Store)
		if err != nil {
			return err
		}
		key, err := opened.InstallationKey(ctx)
		if err != nil {
			return errors.Join(err, opened.Close())
		}
		if schema := opened.Schema(); schema.Ahead() {
			logxadapter.Log{}.Warn("a newer program has migrated the database, which this one may still use: upgrade this one, too",
				"database_schema", schema.Database, "program_schema", schema.Program)
		}
		s.Store, s.Key = opened, key
		s.closers = append(s.closers, opened.Close)
		return nil
	})
}

// noSuchDatabase is PostgreSQL's code for a database that is not there.
const noSuchDatabase = "3D000"

// lastingStore reports what waiting for the database does not cure: whatever is
// wrong with an SQLite file, refused credentials, a server whose certificate is
// not to be trusted, a schema newer than this program. A database that is not there may be about to be made.
func lastingStore(err error) bool {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return true // the password's file, or SQLite's folder
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if said, ok := errors.AsType[*store.ServerError](err); ok && said.Code == noSuchDatabase {
		return false
	}
	return !store.Transient(err)
}

// awaitRedis opens the client and waits for Redis to answer, or starts the
// embedded one.
func (s *ServiceContext) awaitRedis(ctx context.Context) (redis.UniversalClient, error) {
	at := s.Config.Idempotency.Redis
	if s.Config.Idempotency.Embedded() {
		// It ends with Close, after the engine, not with the signal to stop.
		embedded, err := redisconn.StartEmbedded(context.WithoutCancel(ctx), "")
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
	lasting := func(err error) bool { return errors.Is(err, rediserr.ErrRefused) }
	err = await(ctx, "Redis", s.Config.Idempotency.CallTimeout, lasting, func(ctx context.Context) error {
		return redisconn.Ping(ctx, client)
	})
	return client, err
}

// await tries until it succeeds, ctx ends, or a failure is lasting. It tells of
// the wait at its beginning and every half minute.
func await(ctx context.Context, what string, timeout time.Duration, lasting func(error) bool, try func(context.Context) error) error {
	var told time.Time
	err := retry.Do(ctx, retry.Policy{
		MaxAttempts:    math.MaxInt,
		AttemptTimeout: timeout,
		Backoff:        retry.Backoff{Base: 200 * time.Millisecond, Cap: 2 * time.Second},
		Classify: func(err error) retry.Class {
			if lasting(err) {
				return retry.Permanent
			}
			return retry.Transient
		},
		Observer: func(_ context.Context, e retry.Event) {
			if e.Err != nil && !e.Reason.Final() && (told.IsZero() || time.Since(told) >= remind) {
				told = time.Now()
				logx.Errorw("waiting for "+what, logx.Field("why", e.Err.Error()))
			}
		},
	}, try)
	if err == nil && !told.IsZero() {
		logx.Infof("%s is there", what)
	}
	if tried, ok := errors.AsType[*retry.Error](err); ok && tried.Last != nil {
		return tried.Last // how often it was tried is of no interest here
	}
	return err
}
