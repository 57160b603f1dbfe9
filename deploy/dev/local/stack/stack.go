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

// The names of the services' first replicas, for Signal, Wait and Restart. Replica gives
// the names of the others.
const (
	Terminology = "terminology"
	DataSync    = "data-sync"
)

// Replica gives the name of a service's n-th replica, from 1: "data-sync", "data-sync-2"
// and so on.
func Replica(service string, n int) string {
	if n == 1 {
		return service
	}
	return service + "-" + strconv.Itoa(n)
}

// Options are the settings of a stack. Bin, Root, Out and Release are required.
type Options struct {
	// Bin is the folder of the compiled programs terminology, data-sync and syncctl.
	Bin string
	// Root is the root folder of the repository, which has the configuration files.
	Root string
	// Out is the folder for the database, the logs and the results.
	Out string
	// Release is a version folder (en/, zh/) or one language's MedAscii folder.
	Release string
	// Synonyms is a synonym list; empty: none.
	Synonyms string
	// Numbers of replicas; 0 means 1. More than one data-sync needs Postgres and Redis.
	TerminologyReplicas, DataSyncReplicas int
	// Postgres is the URL of the database; empty: an SQLite file in Out.
	Postgres string
	// Redis are the addresses of Redis; none: a Redis inside data-sync.
	Redis []string
	// Addresses of the first replicas; empty: free loopback ports.
	TerminologyListen, DataSyncListen string
	// Addresses of their metrics; empty: free loopback ports.
	TerminologyMetricsListen, DataSyncMetricsListen string
	// Via, if not nil, gives the address that data-sync calls instead of terminology's
	// address addr: a proxy's.
	Via func(addr string) string
	// Dev enables gRPC reflection.
	Dev bool
	// TerminologyConfig and DataSyncConfig are configuration files; empty: those of the
	// repository.
	TerminologyConfig, DataSyncConfig string
	// Env has further NAME=value settings for all services, EnvOf for one replica by its
	// name.
	Env   []string
	EnvOf map[string][]string
	// Credentials are those of the stack's health checks; nil means plaintext.
	Credentials credentials.TransportCredentials
	// Programs are paths of other builds, by the service's name.
	Programs map[string]string
	// Later names replicas that get their ports now and are started by Restart.
	Later []string
	// NoWait makes Start return without waiting for health, which Await does.
	NoWait bool
	// StartTimeout and Grace are the limits for starting and stopping a service; 0 means
	// 60 s and 30 s.
	StartTimeout, Grace time.Duration
}

func (o *Options) validate() error {
	if o.DataSyncReplicas > 1 && (o.Postgres == "" || len(o.Redis) == 0) {
		return fmt.Errorf("%d replicas of data-sync need a PostgreSQL and a Redis that they share", o.DataSyncReplicas)
	}
	return nil
}

// Stack is the running services.
type Stack struct {
	// TerminologyAddr and DataSyncAddr are host:port of the first replicas;
	// TerminologyMetrics and DataSyncMetrics are those of their /metrics.
	TerminologyAddr, DataSyncAddr       string
	TerminologyMetrics, DataSyncMetrics string

	opts                  Options
	terminology, dataSync []*service
}

// Start starts the replicas of terminology, then those of data-sync, and waits until the
// health of each is SERVING. After an error nothing is left running.
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

// stores gives the settings of database and Redis. It unsets those that are not needed,
// since the launcher's environment may have them.
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

// startAll starts replicas in parallel, and returns when each has started or failed.
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

// Stop stops data-sync's replicas, then terminology's, each within Grace. It gives an
// error for each that did not end cleanly.
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

// Dial opens a plaintext connection. Its calls need a deadline.
func Dial(addr string) (*grpc.ClientConn, error) { return DialAs(addr, mtls.Loopback()) }

// DialAs is Dial with credentials.
func DialAs(addr string, as credentials.TransportCredentials) (*grpc.ClientConn, error) {
	return grpc.NewClient(addr, grpc.WithTransportCredentials(as),
		grpc.WithUnaryInterceptor(deadline.UnaryClientInterceptor()), grpc.WithStreamInterceptor(deadline.StreamClientInterceptor()))
}

// Healthy calls the gRPC health service once in plaintext, with a deadline of 2 s.
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
