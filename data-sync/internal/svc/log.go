package svc

import (
	"fmt"

	"github.com/zeromicro/go-zero/core/logx"
)

// logger hands the engine's lines to go-zero's log. They hold identifiers,
// counts and classes only.
type logger struct{}

func (logger) Info(msg string, args ...any) { logx.Infow(msg, fields(args)...) }

// Warn goes out as an error line: go-zero knows no level between.
func (logger) Warn(msg string, args ...any) { logx.Errorw(msg, fields(args)...) }

func fields(args []any) []logx.LogField {
	out := make([]logx.LogField, 0, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		out = append(out, logx.Field(fmt.Sprint(args[i]), args[i+1]))
	}
	return out
}
