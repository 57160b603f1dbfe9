// Package logxadapter writes the log lines of packages that know no framework to
// go-zero's log.
package logxadapter

import (
	"fmt"

	"github.com/zeromicro/go-zero/core/logx"
)

// Log takes a message and pairs of key and value. They hold identifiers, counts
// and classes only, never a verbatim. The zero value is ready, and safe for
// concurrent use.
type Log struct{}

// Info is for what is as it should be.
func (Log) Info(msg string, args ...any) { logx.WithCallerSkip(1).Infow(msg, fields(args)...) }

// Warn goes out as an error line: go-zero knows no level between.
func (Log) Warn(msg string, args ...any) { logx.WithCallerSkip(1).Errorw(msg, fields(args)...) }

// Error is for what somebody should see to.
func (Log) Error(msg string, args ...any) { logx.WithCallerSkip(1).Errorw(msg, fields(args)...) }

func fields(args []any) []logx.LogField {
	out := make([]logx.LogField, 0, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		out = append(out, logx.Field(fmt.Sprint(args[i]), args[i+1]))
	}
	return out
}
