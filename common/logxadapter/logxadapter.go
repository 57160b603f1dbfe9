// Package logxadapter writes the log lines of packages that do not depend on
// go-zero to go-zero's log.
package logxadapter

import (
	"fmt"

	"github.com/zeromicro/go-zero/core/logx"
)

// Log writes a message with pairs of key and value. Callers pass identifiers,
// counts and classes only, never a verbatim. The zero value is ready to use and
// safe for concurrent use.
type Log struct{}

// Info logs a normal event.
func (Log) Info(msg string, args ...any) { logx.WithCallerSkip(1).Infow(msg, fields(args)...) }

// Warn logs at go-zero's level error: go-zero has no level between info and
// error.
func (Log) Warn(msg string, args ...any) { logx.WithCallerSkip(1).Errorw(msg, fields(args)...) }

// Error logs an event that somebody must look at.
func (Log) Error(msg string, args ...any) { logx.WithCallerSkip(1).Errorw(msg, fields(args)...) }

// fields turns pairs of key and value into go-zero's fields. It drops a key
// without a value.
func fields(args []any) []logx.LogField {
	out := make([]logx.LogField, 0, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		out = append(out, logx.Field(fmt.Sprint(args[i]), args[i+1]))
	}
	return out
}
