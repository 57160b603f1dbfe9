package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"

	"aecode/common/deadline"
	"aecode/common/mtls"
)

// The services, as Signal, Wait and Restart name them. Further replicas are
// called by Replica.
const (
	Terminology = "terminology"
	DataSync    = "data-sync"
)

// Replica names the n-th replica of a service, from 1: "data-sync",
// "data-sync-2" and so on.
func Replica(service string, n int) string {
	if n == 1 {
		return service
	}
	return service + "-" + strconv.Itoa(n)
}

// Options say what to start. Bin, Root, Out and Release are required.
type Options struct {
	// Bin holds the built programs terminology, data-sync and syncctl.
	Bin string
	// Root is the repository, for the services' configuration files.
	Root string
	// Out keeps the database, the logs and the results.
	Out string
	// Release is a version folder (en/, zh/) or one language's MedAscii folder.
	Release string
	// Synonyms is a synonyms.csv; empty: none.
	Synonyms string
	// Replicas of each service; 0 means 1. Several of data-sync need Postgres
	// and Redis.
	TerminologyReplicas, DataSyncReplicas int
	// Postgres is the URL of the database; empty: an SQLite file in Out.
	Postgres string
	// Redis are the addresses of the Redis; none: one inside data-sync.
	Redis []string
	// Addresses that the first replica of each listens on; empty: free loopback
	// ports.
	TerminologyListen, DataSyncListen string
	// Addresses of their metrics; empty: free loopback ports.
	TerminologyMetricsListen, DataSyncMetricsListen string
	// Via, if not nil, gives the address at which data-sync is to find a
	// terminology that listens on addr: a proxy's.
	Via func(addr string) string
	// Dev switches reflection on.
	Dev bool
	// TerminologyConfig and DataSyncConfig are configuration files in place of
	// the repository's; empty: those.
	TerminologyConfig, DataSyncConfig string
	// Env holds further NAME=value settings for all services, EnvOf for one.
	Env   []string
	EnvOf map[string][]string
	// Credentials are how the stack itself asks the services whether they are
	// healthy; nil means plaintext.
	Credentials credentials.TransportCredentials
	// Programs are other builds of a service, by the service's name.
	Programs map[string]string
	// Later names services that Start gives their ports and leaves to Restart.
	Later []string
	// NoWait makes Start return without awaiting anybody's health: Await does.
	NoWait bool
	// StartTimeout and Grace bound starting and stopping a service; 0 means 60 s
	// and 30 s.
	StartTimeout, Grace time.Duration
}

func (o *Options) validate() error {
	if o.DataSyncReplicas > 1 && (o.Postgres == "" || len(o.Redis) == 0) {
		return fmt.Errorf("%d replicas of data-sync need a PostgreSQL and a Redis that they share", o.DataSyncReplicas)
	}
	return nil
}

// Stack is both services, running.
type Stack struct {
	// TerminologyAddr and DataSyncAddr are host:port of the first replica's
	// gRPC; the Metrics ones of its /metrics.
	TerminologyAddr, DataSyncAddr       string
	TerminologyMetrics, DataSyncMetrics string

	opts                  Options
	terminology, dataSync []*service
}

// Start starts the replicas of terminology, then those of data-sync, and awaits
// each until its health answers SERVING. On an error nothing is left running.
func Start(ctx context.Context, opts Options) (*Stack, error) {
	opts.TerminologyReplicas = max(opts.TerminologyReplicas, 1)
	opts.DataSyncReplicas = max(opts.DataSyncReplicas, 1)
	if err := opts.validate(); err != nil {
		return nil, err
	}
	if opts.StartTimeout == 0 {
		opts.StartTimeout = 60 * time.Second
	}
	if opts.Credentials == nil {
		opts.Credentials = mtls.Loopback()
	}
	if opts.Grace == 0 {
		opts.Grace = 30 * time.Second
	}
	if err := os.MkdirAll(filepath.Join(opts.Out, "log"), 0o700); err != nil {
		return nil, fmt.Errorf("output folder: %w", err)
	}
	s := &Stack{opts: opts}
	err := s.startTerminology(ctx)
	if err == nil {
		err = s.startDataSync(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Stack) startTerminology(ctx context.Context) error {
	for n := range s.opts.TerminologyReplicas {
		s.terminology = append(s.terminology, &service{
			name: Replica(Terminology, n+1), program: s.program(Terminology), listen: "TERMINOLOGY_LISTEN",
			config: cmp.Or(s.opts.TerminologyConfig, filepath.Join(s.opts.Root, "terminology/etc/terminology.yaml")),
			env: []string{
				"TERMINOLOGY_RELEASE=" + s.opts.Release,
				"TERMINOLOGY_SYNONYMS=" + s.opts.Synonyms,
			},
		})
	}
	first := s.terminology[0]
	first.fixed, first.fixedMetrics = s.opts.TerminologyListen, s.opts.TerminologyMetricsListen
	err := s.startAll(ctx, s.terminology)
	s.TerminologyAddr, s.TerminologyMetrics = first.addr, first.metrics
	return err
}

func (s *Stack) startDataSync(ctx context.Context) error {
	via := s.opts.Via
	if via == nil {
		via = func(addr string) string { return addr }
	}
	var targets []string
	for _, v := range s.terminology {
		targets = append(targets, via(v.addr))
	}
	for n := range s.opts.DataSyncReplicas {
		s.dataSync = append(s.dataSync, &service{
			name: Replica(DataSync, n+1), program: s.program(DataSync), listen: "DATASYNC_LISTEN",
			config: cmp.Or(s.opts.DataSyncConfig, filepath.Join(s.opts.Root, "data-sync/etc/datasync.yaml")),
			env:    append(s.stores(), "TERMINOLOGY_TARGET="+strings.Join(targets, ",")),
		})
	}
	first := s.dataSync[0]
	first.fixed, first.fixedMetrics = s.opts.DataSyncListen, s.opts.DataSyncMetricsListen
	err := s.startAll(ctx, s.dataSync)
	s.DataSyncAddr, s.DataSyncMetrics = first.addr, first.metrics
	return err
}

// stores are the settings of database and Redis. Those that are not asked for
// are emptied: the launcher's own environment may name some.
func (s *Stack) stores() []string {
	env := []string{
		"DATASYNC_STORE=" + filepath.Join(s.opts.Out, "aecode.db"),
		"DATASYNC_POSTGRES=" + s.opts.Postgres,
		"DATASYNC_REDIS=" + strings.Join(s.opts.Redis, ","),
	}
	if s.opts.Postgres == "" {
		env = append(env, "DATASYNC_POSTGRES_PASSWORD_FILE=")
	}
	if len(s.opts.Redis) == 0 {
		env = append(env, "DATASYNC_REDIS_PASSWORD_FILE=", "DATASYNC_REDIS_TLS=", "DATASYNC_REDIS_CA=", "DATASYNC_REDIS_CERT=",
			"DATASYNC_REDIS_KEY=", "DATASYNC_REDIS_SERVER_NAME=")
	}
	return env
}

func (s *Stack) program(name string) string {
	return cmp.Or(s.opts.Programs[name], filepath.Join(s.opts.Bin, name))
}

// startAll starts replicas side by side, and ends with all of them started or
// given up.
func (s *Stack) startAll(ctx context.Context, replicas []*service) error {
	errs := make([]error, len(replicas))
	var starting sync.WaitGroup
	for i, v := range replicas {
		if slices.Contains(s.opts.Later, v.name) {
			v.addr, v.metrics, errs[i] = addresses(v.fixed, v.fixedMetrics)
			continue
		}
		starting.Go(func() {
			errs[i] = onPorts(v.fixed, v.fixedMetrics, func(addr, metrics string) error {
				v.addr, v.metrics = addr, metrics
				err := s.start(ctx, v)
				if err != nil && v.process != nil {
					_ = v.process.stop(s.opts.Grace) // why it ended is known
					v.process = nil
				}
				return err
			})
		})
	}
	starting.Wait()
	return errors.Join(errs...)
}

// Stop ends data-sync's replicas, then terminology's, each within its grace
// time, and reports any that did not end cleanly.
func (s *Stack) Stop() error {
	err := errors.Join(s.stopAll(s.dataSync), s.stopAll(s.terminology))
	s.dataSync, s.terminology = nil, nil
	return err
}

func (s *Stack) stopAll(replicas []*service) error {
	errs := make([]error, len(replicas))
	var stopping sync.WaitGroup
	for i, v := range replicas {
		if v.process != nil {
			stopping.Go(func() { errs[i] = v.process.stop(s.opts.Grace) })
		}
	}
	stopping.Wait()
	return errors.Join(errs...)
}

// DataSyncAddrs gives host:port of each replica of data-sync.
func (s *Stack) DataSyncAddrs() []string {
	var addrs []string
	for _, v := range s.dataSync {
		addrs = append(addrs, v.addr)
	}
	return addrs
}

// Dial opens a plaintext connection whose calls must carry deadlines.
func Dial(addr string) (*grpc.ClientConn, error) { return DialAs(addr, mtls.Loopback()) }

// DialAs is Dial with credentials.
func DialAs(addr string, as credentials.TransportCredentials) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, grpc.WithTransportCredentials(as),
		grpc.WithUnaryInterceptor(deadline.UnaryClientInterceptor()), grpc.WithStreamInterceptor(deadline.StreamClientInterceptor()))
}

// Healthy asks gRPC health v1 once in plaintext, within 2 s.
func Healthy(ctx context.Context, addr string) error { return HealthyAs(ctx, addr, mtls.Loopback()) }

// HealthyAs is Healthy with credentials.
func HealthyAs(ctx context.Context, addr string, as credentials.TransportCredentials) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := DialAs(addr, as)
	if err != nil {
		return err
	}
	defer conn.Close()
	answer, err := grpc_health_v1.NewHealthClient(conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("health of %s is %v", addr, answer.GetStatus())
	}
	return nil
}
