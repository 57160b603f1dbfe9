package localserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/redis/go-redis/v9"
)

// RedisOptions are the options of a Redis server.
type RedisOptions struct {
	// Args are further arguments of redis-server, such as "--appendonly", "yes".
	// Without them nothing is stored on disk.
	Args []string
	// TLS, if it is not nil, makes the server use only TLS, also with replicas and
	// the other nodes of a cluster.
	TLS *Certificate
}

// Redis is a Redis server. Except for Addr, its methods are not safe for
// concurrent use.
type Redis struct {
	runAs   account
	dir     string
	program string
	config  string // a configuration file; empty: none
	port    int
	bus     bool // it is a node of a cluster, which needs a second port
	busPort int
	args    []string
	process *process
	tls     *Certificate
}

// StartRedis starts a server. When it returns, the server answers.
func StartRedis(ctx context.Context, opts RedisOptions) (*Redis, error) {
	r, err := newRedis(opts)
	if err != nil {
		return nil, err
	}
	if err := r.launch(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// newRedis prepares a server in a folder of its own. A failed launch removes the
// folder.
func newRedis(opts RedisOptions) (*Redis, error) {
	program, err := find("redis-server", "redis")
	if err != nil {
		return nil, err
	}
	r := &Redis{program: program, tls: opts.TLS}
	if r.runAs, err = unprivileged("redis", "nobody"); err != nil {
		return nil, fmt.Errorf("start redis: %w", err)
	}
	if r.dir, err = r.runAs.newDir("aecode-redis-"); err != nil {
		return nil, fmt.Errorf("data folder of redis: %w", err)
	}
	r.args = append([]string{"--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--daemonize", "no"}, opts.Args...)
	if r.tls == nil {
		return r, nil
	}
	files, err := r.tls.write(r.dir, r.runAs.writeFile)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("certificate of redis: %w", err), os.RemoveAll(r.dir))
	}
	ask := "no"
	if r.tls.AskClients {
		ask = "yes"
	}
	r.args = append(r.args, "--tls-cert-file", files.cert, "--tls-key-file", files.key, "--tls-ca-cert-file", files.ca,
		"--tls-auth-clients", ask, "--tls-replication", "yes", "--tls-cluster", "yes")
	return r, nil
}

// launch starts the server for the first time, on a free port.
func (r *Redis) launch(ctx context.Context) error {
	err := onFreePort(func(port int) (err error) {
		r.port = port
		if r.bus {
			if r.busPort, err = FreePort(); err != nil {
				return err
			}
		}
		return r.start(ctx)
	})
	if err != nil {
		return errors.Join(fmt.Errorf("start redis: %w", err), os.RemoveAll(r.dir))
	}
	return nil
}

// start starts the server on r.port and waits until it answers.
func (r *Redis) start(ctx context.Context) (err error) {
	var args []string
	if r.config != "" {
		args = append(args, r.config)
	}
	if r.tls == nil {
		args = append(args, "--port", strconv.Itoa(r.port))
	} else {
		args = append(args, "--port", "0", "--tls-port", strconv.Itoa(r.port))
	}
	if r.bus {
		args = append(args, "--cluster-port", strconv.Itoa(r.busPort))
	}
	args = append(args, r.args...)
	if r.process, err = r.runAs.start(r.program, args, filepath.Join(r.dir, "log")); err != nil {
		return err
	}
	err = r.await(ctx, func(ctx context.Context, client *redis.Client) error {
		if err := r.process.listening("Ready to accept connections", "Sentinel ID is"); err != nil {
			return err
		}
		err := client.Ping(ctx).Err()
		if err != nil && redis.IsAuthError(err) {
			return nil // it asks for a password, so it answers
		}
		return err
	})
	if err != nil {
		r.process.kill()
	}
	return err
}

// Addr returns the host:port of the server.
func (r *Redis) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

// PID returns the process id of the server.
func (r *Redis) PID() int { return r.process.cmd.Process.Pid }

// Signal sends a signal to the server. With SIGSTOP it does not answer, and its
// connections stay open.
func (r *Redis) Signal(sig syscall.Signal) error { return r.process.cmd.Process.Signal(sig) }

// Kill kills the server. Restart finds what it had stored on disk.
func (r *Redis) Kill() error {
	r.process.kill()
	return nil
}

// Restart starts the server again on its port and data.
func (r *Redis) Restart(ctx context.Context) error {
	select {
	case <-r.process.exited:
	default:
		return errors.New("restart redis: it is still running: stop it first with Kill")
	}
	if err := r.start(ctx); err != nil {
		return fmt.Errorf("restart redis: %w", err)
	}
	return nil
}

// Stop stops the server and removes its data.
func (r *Redis) Stop() error {
	_ = r.process.cmd.Process.Signal(syscall.SIGCONT) // it may be stopped
	return errors.Join(r.process.stop(syscall.SIGTERM), os.RemoveAll(r.dir))
}
