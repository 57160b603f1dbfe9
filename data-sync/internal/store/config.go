package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"aecode/common/configerr"
)

// migrateTimeout limits all migrations at Open together. It includes the wait for
// another replica that migrates.
const migrateTimeout = 10 * time.Minute

// longestPass is the longest time limit of a transaction that touches each member
// of a pass.
const longestPass = time.Hour

// Config is where reports live, and how long a call of the database may take. The
// database is PostgreSQL if Postgres.URL is set, and the SQLite file at Path if not.
type Config struct {
	// Path is the SQLite file, not :memory:. The file is created if it is missing,
	// its folder is not. It is required without Postgres.URL and unused with it.
	Path string `json:",optional"`
	// Postgres is the database that several replicas share.
	Postgres PostgresConfig
	// StatementTimeout limits one read: 1ms to 10m.
	StatementTimeout time.Duration `json:",default=5s"`
	// WriteTimeout limits one attempt of a write transaction, with the wait for its
	// turn: 1ms to 10m. Opening and ending a pass, which touch each of its members,
	// may take ten times as long, at most 1h.
	WriteTimeout time.Duration `json:",default=10s"`
}

// PostgresConfig is a PostgreSQL database, version 14 or newer.
type PostgresConfig struct {
	// URL is postgres://user@host:5432/database with the parameters of libpq. It may
	// hold the password. Its user owns the schema or may create tables in it.
	URL string `json:",optional"`
	// PasswordFile holds the password if the URL does not. White space at its end is
	// ignored. It is read at every connect, so that the password can be changed
	// while the service runs.
	PasswordFile string `json:",optional"`
	// MaxConnections is the maximum number of connections of this process: 2 to 1000.
	MaxConnections int `json:",default=16"`
	// ConnectTimeout limits one connection attempt: 1ms to 1m.
	ConnectTimeout time.Duration `json:",default=5s"`
}

// Validate returns every field that cannot be used, each as a
// configerr.FieldError. It never shows the URL, which may hold the password. It does
// not look whether files exist.
func (c Config) Validate() error {
	var errs configerr.Errors
	if c.Postgres.URL == "" {
		errs.Check(c.Path != "" && !strings.Contains(c.Path, ":memory:"), "Path", "must name the SQLite file, or Postgres.URL a database")
		errs.Check(c.Postgres.PasswordFile == "", "Postgres.PasswordFile", "is of no use without Postgres.URL")
	} else {
		errs.Add("Postgres", c.Postgres.validate())
	}
	errs.Span("StatementTimeout", c.StatementTimeout, time.Millisecond, 10*time.Minute)
	errs.Span("WriteTimeout", c.WriteTimeout, time.Millisecond, 10*time.Minute)
	return errs.Err()
}

// passTimeout limits the opening and the ending of a pass.
func (c Config) passTimeout() time.Duration { return min(10*c.WriteTimeout, longestPass) }

func (c PostgresConfig) validate() error {
	var errs configerr.Errors
	_, err := c.parse()
	if _, missing := errors.AsType[*fs.PathError](err); err != nil && !missing {
		errs.Add("", err)
	}
	if at, err := url.Parse(c.URL); err == nil && c.PasswordFile != "" {
		_, given := at.User.Password()
		errs.Check(!given && !at.Query().Has("password"), "PasswordFile", "must not be set where the URL holds a password")
	}
	errs.Count("MaxConnections", c.MaxConnections, 2, 1000)
	errs.Span("ConnectTimeout", c.ConnectTimeout, time.Millisecond, time.Minute)
	return errs.Err()
}

// parse reads the URL. It does not repeat what the driver says of a URL that it
// cannot read, because that may hold the password.
func (c PostgresConfig) parse() (*pgx.ConnConfig, error) {
	at, err := url.Parse(c.URL)
	if err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" || strings.Trim(at.Path, "/") == "" {
		return nil, configerr.Fieldf("URL", "must be of the form postgres://user@host:5432/database")
	}
	parsed, err := pgx.ParseConfig(c.URL)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, fmt.Errorf("a file of Postgres.URL: %w", file) // sslrootcert, sslcert, sslkey
	}
	if err != nil {
		return nil, configerr.Fieldf("URL", "has a parameter with a value that cannot be used: see sslmode, connect_timeout and the port")
	}
	return parsed, nil
}
