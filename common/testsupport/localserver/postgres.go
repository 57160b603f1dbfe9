package localserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresBinaries is where Debian keeps them, by version.
const postgresBinaries = "/usr/lib/postgresql/*/bin"

// The superuser of the servers started here; they hold nothing but test data
// and listen on loopback only.
const (
	postgresUser     = "aecode"
	postgresPassword = "localserver"
)

// PostgresOptions say how to start a PostgreSQL.
type PostgresOptions struct {
	// Durable leaves fsync on, as in earnest. Off, tests are faster and what was
	// committed survives the server's end, but not the machine's.
	Durable bool
	// Settings are further NAME: value pairs of postgresql.conf.
	Settings map[string]string
	// TLS, if not nil, makes it offer TLS; plaintext is served as before.
	TLS *Certificate
}

// Postgres is a PostgreSQL server. Its methods are not safe for concurrent use,
// URL apart.
type Postgres struct {
	run     *account
	dir     string
	program string
	port    int
	args    []string
	process *process
}

// StartPostgres makes a database cluster and starts a server on it, which
// answers when it returns.
func StartPostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	program, err := find("postgres", "postgresql", postgresBinaries)
	if err != nil {
		return nil, err
	}
	p := &Postgres{program: program}
	if p.run, err = unprivileged("postgres", "nobody"); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	if p.dir, err = p.run.folder("aecode-postgres-"); err != nil {
		return nil, fmt.Errorf("data folder of postgres: %w", err)
	}
	if err = errors.Join(p.initialise(), p.certify(&opts)); err == nil {
		p.args = p.settings(opts)
		err = onFreePort(func(port int) error { p.port = port; return p.start(ctx) })
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start postgres: %w", err), os.RemoveAll(p.dir))
	}
	return p, nil
}

func (p *Postgres) initialise() error {
	initdb, err := find("initdb", "postgresql", postgresBinaries)
	if err != nil {
		return err
	}
	secret := filepath.Join(p.dir, "password")
	if err := p.run.own(secret, postgresPassword); err != nil {
		return err
	}
	cmd := p.run.command(initdb, "-D", filepath.Join(p.dir, "data"), "-U", postgresUser, "--pwfile", secret,
		"--auth", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	cmd.Dir = p.dir
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, said)
	}
	return nil
}

// certify puts the certificate where the server finds it.
func (p *Postgres) certify(opts *PostgresOptions) error {
	if opts.TLS == nil {
		return nil
	}
	files, err := opts.TLS.write(p.dir, p.run.own)
	settings := map[string]string{"ssl": "on", "ssl_cert_file": files.cert, "ssl_key_file": files.key}
	maps.Copy(settings, opts.Settings)
	opts.Settings = settings
	return err
}

func (p *Postgres) settings(opts PostgresOptions) []string {
	args := []string{"-D", filepath.Join(p.dir, "data"), "-k", p.dir}
	set := func(name, value string) { args = append(args, "-c", name+"="+value) }
	set("listen_addresses", "127.0.0.1")
	set("max_connections", "200")
	set("shared_buffers", "256MB")
	set("max_wal_size", "4GB")
	if !opts.Durable {
		set("fsync", "off")
		set("full_page_writes", "off")
	}
	for name, value := range opts.Settings {
		set(name, value)
	}
	return args
}

func (p *Postgres) start(ctx context.Context) (err error) {
	args := append([]string{"-p", strconv.Itoa(p.port)}, p.args...)
	if p.process, err = p.run.start(p.program, args, nil, p.Log()); err != nil {
		return err
	}
	err = p.process.await(ctx, func(ctx context.Context) error {
		if err := p.process.listening("database system is ready to accept connections"); err != nil {
			return err
		}
		return p.execute(ctx)
	})
	if err != nil {
		p.process.kill()
	}
	return err
}

// execute runs statements in the database postgres; none: it only connects.
func (p *Postgres) execute(ctx context.Context, statements ...string) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, p.URL("postgres"))
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err = conn.Exec(ctx, s); err != nil {
			break
		}
	}
	return errors.Join(err, conn.Close(ctx))
}

// URL is the connection string of a database of this server, password and all.
func (p *Postgres) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(postgresUser, postgresPassword),
		Host: "127.0.0.1:" + strconv.Itoa(p.port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// CreateDatabase makes a database, a copy of template where that is not empty;
// nobody may be connected to the template then.
func (p *Postgres) CreateDatabase(ctx context.Context, name, template string) error {
	statement := "CREATE DATABASE " + pgx.Identifier{name}.Sanitize()
	if template != "" {
		statement += " TEMPLATE " + pgx.Identifier{template}.Sanitize()
	}
	if err := p.execute(ctx, statement); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// DropDatabase removes a database, whoever is connected to it.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	if err := p.execute(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// PID is the server's process id; its children do the work.
func (p *Postgres) PID() int { return p.process.cmd.Process.Pid }

// Log is the path of what the server says; Restart begins it anew.
func (p *Postgres) Log() string { return filepath.Join(p.dir, "log") }

// Kill ends the server and its children at once. The data stays for Restart.
func (p *Postgres) Kill() error {
	p.process.kill()
	return nil
}

// Signal sends a signal to the server and its children: SIGSTOP makes a server
// that is silent but not gone.
func (p *Postgres) Signal(sig syscall.Signal) error {
	// The server first: stopped, it makes no more children.
	err := p.process.cmd.Process.Signal(sig)
	for _, pid := range childrenOf(p.process.cmd.Process.Pid) {
		_ = syscall.Kill(pid, sig) // it may have ended
	}
	return err
}

// Restart starts the server again on its port and data.
func (p *Postgres) Restart(ctx context.Context) error {
	select {
	case <-p.process.exited:
	default:
		return errors.New("restart postgres: it is still running")
	}
	// What died with the server may take a moment to let go of its memory.
	var err error
	for range 20 {
		if err = p.start(ctx); !errors.Is(err, errEnded) {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("restart postgres: %w", errors.Join(ctx.Err(), err))
		case <-time.After(250 * time.Millisecond):
		}
	}
	if err != nil {
		return fmt.Errorf("restart postgres: %w", err)
	}
	return nil
}

// Stop ends the server, whoever is connected, and removes its data.
func (p *Postgres) Stop() error {
	_ = p.Signal(syscall.SIGCONT) // it may be stopped
	return errors.Join(p.process.stop(syscall.SIGINT), os.RemoveAll(p.dir))
}
