package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"aecode/common/retry"
)

// ErrSchemaNewer says that the database was migrated by a newer program, and not
// such that this one may still use it.
var ErrSchemaNewer = errors.New("its schema is newer than this program")

// errUnknownOutcome says that the connection was lost during a commit, and the
// database stayed away, so that nobody can say whether it holds the work. Every
// method may be called again then.
var errUnknownOutcome = errors.New("the connection was lost during the commit and the outcome could not be read back; call again")

// errOutcomeLost makes a transaction run again that is known not to be there.
var errOutcomeLost = errors.New("the connection was lost before the commit")

// ServerError is what PostgreSQL said. It keeps neither the detail nor, where
// that could quote a row, the message: both may hold a verbatim.
type ServerError struct {
	// Code is the SQLSTATE.
	Code string
	// Constraint is the name of the one that was violated, if any.
	Constraint string
	message    string
}

// Error gives the code, the constraint and what is safe of the message.
func (e *ServerError) Error() string {
	text := "database error " + e.Code
	if e.Constraint != "" {
		text += " on " + e.Constraint
	}
	if e.message != "" {
		text += ": " + e.message
	}
	return text
}

// connectionError says that the server could not be reached or went away.
type connectionError struct{ err error }

func (e *connectionError) Error() string { return "connection to the database: " + e.err.Error() }
func (e *connectionError) Unwrap() error { return e.err }

// quotesNothing are the classes of SQLSTATE whose messages name objects,
// settings and addresses, never values of rows.
var quotesNothing = []string{"08", "25", "28", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"}

// clean gives an error of the driver without what it may quote.
func clean(err error) error {
	if err == nil {
		return nil
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		e := &ServerError{Code: pg.Code, Constraint: pg.ConstraintName}
		for _, class := range quotesNothing {
			if strings.HasPrefix(pg.Code, class) {
				e.message = pg.Message
			}
		}
		return e
	}
	switch _, connecting := errors.AsType[*pgconn.ConnectError](err); {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case connecting, pgconn.SafeToRetry(err), isNet(err), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return &connectionError{err}
	}
	// The driver quotes a parameter that it cannot send.
	if what, _, found := strings.Cut(err.Error(), "]: "); found && strings.HasPrefix(what, "failed to encode args[") {
		return errors.New(what + "]")
	}
	return err
}

func isNet(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok
}

// lost reports whether a connection ended, so that what was under way on it may
// or may not have happened.
func lost(err error) bool {
	if e, ok := errors.AsType[*ServerError](err); ok {
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P")
	}
	_, ok := errors.AsType[*connectionError](err)
	return ok
}

// transient are further codes that another try may cure: a conflict between
// transactions, a lock that took too long, a unique key that another
// transaction took between a read and a write, a session that the server ended,
// too many connections.
var transient = map[string]bool{
	"40001": true, "40P01": true, "55P03": true, "23505": true, "25P03": true, "53300": true,
}

// classify is for retry: only what is known to be passing is tried again, and
// an expired deadline is not.
func classify(err error) retry.Class {
	e, server := errors.AsType[*ServerError](err)
	switch {
	case errors.Is(err, errUnknownOutcome), errors.Is(err, errDialsSpent):
		return retry.Permanent
	case lost(err), errors.Is(err, errOutcomeLost), server && transient[e.Code]:
		return retry.Transient
	}
	return retry.Permanent
}

// Transient reports whether the same call may succeed later as it is: the
// database is away, starting, stopping, busy or full of connections, or it did
// not answer in time. Wrong credentials, a database that does not exist and a
// schema of a newer program are not transient.
func Transient(err error) bool {
	if e, ok := errors.AsType[*ServerError](err); ok && e.Code == "57014" { // ended by the server's own deadline
		return true
	}
	return classify(err) == retry.Transient || errors.Is(err, errUnknownOutcome) || errors.Is(err, errDialsSpent) ||
		errors.Is(err, context.DeadlineExceeded)
}

// again is how a transaction or a read that failed transiently is tried again.
// This is the only layer of retry above the database: callers do not try again. A
// database that refuses connections is reported within two seconds.
var again = retry.Policy{
	MaxAttempts: 5,
	Backoff:     retry.Backoff{Base: 50 * time.Millisecond, Cap: 500 * time.Millisecond},
	Classify:    classify,
}

// retrying runs fn under again, each try within timeout where that is not 0,
// and gives what fn said last.
func retrying(ctx context.Context, timeout time.Duration, fn func(context.Context) error) error {
	policy := again
	policy.AttemptTimeout = timeout
	err := retry.Do(boundDials(ctx), policy, fn)
	e, ok := errors.AsType[*retry.Error](err)
	switch {
	case err == nil || !ok:
		return err
	case e.Last == nil:
		return e.Cause
	case e.Cause == nil || errors.Is(e.Last, e.Cause):
		return e.Last
	}
	return errors.Join(e.Cause, e.Last)
}
