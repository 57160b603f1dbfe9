package store

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// What a zero Config field means.
const (
	defaultMigrateTimeout = 10 * time.Minute
	defaultConnections    = 16
	defaultConnectTimeout = 5 * time.Second
)

// Config says where the database is and how long its calls may take. Exactly
// one of Path and Postgres.URL is set.
type Config struct {
	// Path of the SQLite file; it is made when missing, its folder is not.
	Path string
	// Postgres is a PostgreSQL database, shared by any number of replicas.
	Postgres PostgresConfig
	// StatementTimeout bounds one statement, 1 ms to 10 min.
	StatementTimeout time.Duration
	// WriteTimeout bounds one try of a write transaction, waiting for its turn
	// included, 1 ms to 10 min.
	WriteTimeout time.Duration
	// MigrateTimeout bounds all migrations at Open, waiting for another replica
	// that is at it included, at most 1 h; 0 means ten minutes.
	MigrateTimeout time.Duration
	// PassTimeout bounds the opening and the ending of a pass, which touch each
	// of its members, at most 1 h; 0 means ten times WriteTimeout.
	PassTimeout time.Duration
}

// PostgresConfig names a PostgreSQL database, version 14 or later.
type PostgresConfig struct {
	// URL is postgres://user@host:port/database with the parameters of libpq.
	// Its user owns the schema or may create tables in it.
	URL string
	// PasswordFile holds the password and nothing else but white space at its
	// end. It is read at every connect, so that a password can be changed
	// while this runs. Empty: the password of the URL, if any.
	PasswordFile string
	// MaxConnections is the size of the pool, 1 to 1,000; 0 means 16.
	MaxConnections int
	// ConnectTimeout bounds one connect, at most 1 min; 0 means 5 s.
	ConnectTimeout time.Duration
}

// DefaultConfig is the configuration for a SQLite file at path.
func DefaultConfig(path string) Config {
	return Config{
		Path:             path,
		StatementTimeout: 5 * time.Second,
		WriteTimeout:     10 * time.Second,
	}
}

// Validate reports every field that cannot work. It never shows a password.
func (c Config) Validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case c.Path == "" && c.Postgres.URL == "":
		fault("Path: must name a file, or Postgres.URL a database")
	case c.Path != "" && c.Postgres.URL != "":
		fault("Path: must be empty where Postgres.URL is set")
	case strings.Contains(c.Path, ":memory:"):
		fault("Path: must name a file; an in-memory database would lose reports")
	case c.Postgres.URL != "":
		if _, err := c.Postgres.parse(); err != nil {
			errs = append(errs, err)
		}
	}
	within := func(name string, d, least, most time.Duration) {
		if d < least || d > most {
			fault("%s: is %v, must be %v to %v", name, d, least, most)
		}
	}
	if n := c.Postgres.MaxConnections; n < 0 || n > 1000 {
		fault("Postgres.MaxConnections: is %d, must be 1 to 1000", n)
	}
	within("Postgres.ConnectTimeout", c.Postgres.ConnectTimeout, 0, time.Minute)
	within("StatementTimeout", c.StatementTimeout, time.Millisecond, 10*time.Minute)
	within("WriteTimeout", c.WriteTimeout, time.Millisecond, 10*time.Minute)
	within("MigrateTimeout", c.MigrateTimeout, 0, time.Hour)
	within("PassTimeout", c.PassTimeout, 0, time.Hour)
	return errors.Join(errs...)
}

// parse reads the URL. What the driver says of a URL it cannot read is not
// repeated: it may hold the password.
func (c PostgresConfig) parse() (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(c.URL, "postgres://") && !strings.HasPrefix(c.URL, "postgresql://") {
		return nil, errors.New("Postgres.URL: must begin with postgres://")
	}
	parsed, err := pgx.ParseConfig(c.URL)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("Postgres.URL: a file that it names: %w", file) // sslrootcert, sslcert, sslkey
	}
	if err != nil {
		return nil, errors.New("Postgres.URL: cannot be read; it must be like postgres://user@host:5432/database")
	}
	return parsed, nil
}

// filled gives c with the defaults in place of zeros.
func (c Config) filled() Config {
	if c.MigrateTimeout == 0 {
		c.MigrateTimeout = defaultMigrateTimeout
	}
	if c.PassTimeout == 0 {
		c.PassTimeout = min(10*c.WriteTimeout, time.Hour)
	}
	if c.Postgres.MaxConnections == 0 {
		c.Postgres.MaxConnections = defaultConnections
	}
	if c.Postgres.ConnectTimeout == 0 {
		c.Postgres.ConnectTimeout = defaultConnectTimeout
	}
	return c
}
