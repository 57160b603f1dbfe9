package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// The server ends a statement by itself this much after the client has given it
// up, in case the client never could say so.
const serverGrace = time.Second

// Connections are renewed, so that they spread over the servers behind a name.
const (
	connectionLife = 30 * time.Minute
	connectionIdle = 5 * time.Minute
)

// openPostgres gives a pool of n connections; none is made yet. Every session
// has limits of its own on the server: for a statement, for the wait for a lock,
// and for the silence within a transaction, after which a replica that froze or
// went away gives its locks back.
func openPostgres(c Config, n int, statement time.Duration) (*sql.DB, error) {
	conf, err := c.Postgres.parse()
	if err != nil {
		return nil, err
	}
	conf.ConnectTimeout = c.Postgres.ConnectTimeout
	conf.DialFunc = dial
	ms := func(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
	for name, value := range map[string]string{
		"application_name":                    "data-sync",
		"client_encoding":                     "UTF8",
		"default_transaction_isolation":       "read committed",
		"statement_timeout":                   ms(statement + serverGrace),
		"lock_timeout":                        ms(lockWait(statement)),
		"idle_in_transaction_session_timeout": ms(c.StatementTimeout + serverGrace),
		"tcp_keepalives_idle":                 "5",
		"tcp_keepalives_interval":             "2",
		"tcp_keepalives_count":                "3",
	} {
		conf.RuntimeParams[name] = value
	}
	db := sql.OpenDB(stdlib.GetConnector(*conf, stdlib.OptionBeforeConnect(c.Postgres.password)))
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	db.SetConnMaxLifetime(connectionLife)
	db.SetConnMaxIdleTime(connectionIdle)
	return db, nil
}

// password reads the password for a connect.
func (c PostgresConfig) password(_ context.Context, conf *pgx.ConnConfig) error {
	if c.PasswordFile == "" {
		return nil
	}
	text, err := os.ReadFile(c.PasswordFile)
	if err != nil {
		return fmt.Errorf("Postgres.PasswordFile: %w", err)
	}
	conf.Password = strings.TrimRight(string(text), " \t\r\n")
	if conf.Password == "" {
		return fmt.Errorf("Postgres.PasswordFile: %s is empty", c.PasswordFile)
	}
	return nil
}

// Advisory locks of this program within the database: a class and which of it.
const (
	lockClass   = 0x61656364 // "aecd"
	lockAudit   = 1
	lockPasses  = 2
	lockMigrate = 3
	// lockSources is the class of one lock for each source system.
	lockSources = lockClass + 1
)

// ofSource is the lock of a source system. Two may share one.
func ofSource(source string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(source)) // never fails
	return int32(h.Sum32())        //nolint:gosec // only the bits count
}

// lockWait is how long a statement of at most d waits for a lock: the server
// then says so, and the connection lives.
func lockWait(d time.Duration) time.Duration { return d - d/5 }

// sessionLock lets one replica migrate while the others wait.
type sessionLock struct{}

// SessionLock waits for the lock until ctx ends.
func (sessionLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1, $2)", lockClass, lockMigrate); err != nil {
		return fmt.Errorf("wait for another replica that migrates: %w", clean(err))
	}
	return nil
}

// SessionUnlock gives the lock back. A connection that is gone has done so.
func (sessionLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, serverGrace)
	defer cancel()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1, $2)", lockClass, lockMigrate); err != nil && !lost(clean(err)) && !errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("unlock the migrations: %w", clean(err))
	}
	return nil
}
