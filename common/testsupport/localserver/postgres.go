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

// postgresBinaries is where Debian installs the programs, one folder per version.
const postgresBinaries = "/usr/lib/postgresql/*/bin"

// The superuser of the servers and its password. The servers hold only test data
// and listen only on loopback.
const (
	postgresUser     = "aecode"
	postgresPassword = "localserver"
)

// PostgresOptions are the options of a PostgreSQL server.
type PostgresOptions struct {
	// Durable turns fsync on, as in production. Without it tests are faster, and
	// committed data survives the end of the server but not a crash of the machine.
	Durable bool
	// Settings are further settings of postgresql.conf, by name.
	Settings map[string]string
	// TLS, if it is not nil, makes the server accept TLS. It still accepts
	// plaintext.
	TLS *Certificate
}

// Postgres is a PostgreSQL server. Except for URL, its methods are not safe for
// concurrent use.
type Postgres struct {
	runAs   account
	dir     string
	program string
	port    int
	args    []string
	process *process
}

// StartPostgres creates a database cluster and starts a server on it. When it
// returns, the server answers.
func StartPostgres(ctx context.Context, opts PostgresOptions) (*Postgres, error) {
	program, err := find("postgres", "postgresql", postgresBinaries)
	if err != nil {
		return nil, err
	}
	p := &Postgres{program: program}
	if p.runAs, err = unprivileged("postgres", "nobody"); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	if p.dir, err = p.runAs.newDir("aecode-postgres-"); err != nil {
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

// initialise creates the database cluster.
func (p *Postgres) initialise() error {
	initdb, err := find("initdb", "postgresql", postgresBinaries)
	if err != nil {
		return err
	}
	secret := filepath.Join(p.dir, "password")
	if err := p.runAs.writeFile(secret, postgresPassword); err != nil {
		return err
	}
	cmd := p.runAs.command(initdb, "-D", filepath.Join(p.dir, "data"), "-U", postgresUser, "--pwfile", secret,
		"--auth", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
	cmd.Dir = p.dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

// certify writes the files of the certificate and adds the settings that name them.
func (p *Postgres) certify(opts *PostgresOptions) error {
	if opts.TLS == nil {
		return nil
	}
	files, err := opts.TLS.write(p.dir, p.runAs.writeFile)
	settings := map[string]string{"ssl": "on", "ssl_cert_file": files.cert, "ssl_key_file": files.key}
	maps.Copy(settings, opts.Settings)
	opts.Settings = settings
	return err
}

// settings returns the arguments of the server.
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

// start starts the server on p.port and waits until it answers.
func (p *Postgres) start(ctx context.Context) (err error) {
	args := append([]string{"-p", strconv.Itoa(p.port)}, p.args...)
	if p.process, err = p.runAs.start(p.program, args, p.Log()); err != nil {
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

// execute connects to the database postgres and runs the statements, if any.
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

// URL returns the connection string of a database of this server, including the
// password.
func (p *Postgres) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(postgresUser, postgresPassword),
		Host: "127.0.0.1:" + strconv.Itoa(p.port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// CreateDatabase creates a database. If template is not empty, the database is a
// copy of it, and nobody may be connected to the template.
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

// DropDatabase removes a database and ends the connections to it.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	if err := p.execute(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop database %s: %w", name, err)
	}
	return nil
}

// PID returns the process id of the server. Its child processes do the work.
func (p *Postgres) PID() int { return p.process.cmd.Process.Pid }

// Log returns the path of the server's log. Restart overwrites it.
func (p *Postgres) Log() string { return filepath.Join(p.dir, "log") }

// Kill kills the server and its child processes. Restart finds the data as it was.
func (p *Postgres) Kill() error {
	p.process.kill()
	return nil
}

// Signal sends a signal to the server and its child processes. With SIGSTOP the
// server does not answer, and its connections stay open.
func (p *Postgres) Signal(sig syscall.Signal) error {
	// The server comes first: when it is stopped, it starts no more children.
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
		return errors.New("restart postgres: it is still running: stop it first with Kill")
	}
	// The children of a killed server need a moment to release its shared memory.
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

// Stop stops the server, even if clients are connected, and removes its data.
func (p *Postgres) Stop() error {
	_ = p.Signal(syscall.SIGCONT) // it may be stopped
	return errors.Join(p.process.stop(syscall.SIGINT), os.RemoveAll(p.dir))
}
