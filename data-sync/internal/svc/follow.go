package svc

import (
	"context"
	"time"

	"github.com/zeromicro/go-zero/core/logx"
)

const (
	// pingEvery and pingTimeout are how the database is looked after.
	pingEvery   = 2 * time.Second
	pingTimeout = 2 * time.Second
	// pingFailures in a row make a replica unready: one alone can be a moment's
	// load.
	pingFailures = 2
)

// followStore tells ready whether the database answers, until ctx ends.
func followStore(ctx context.Context, ping func(context.Context) error, ready Readiness) {
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	failed := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		try, cancel := context.WithTimeout(ctx, pingTimeout)
		err := ping(try)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failed = 0
			if ready.Set(true) {
				logx.Info("the database answers again: ready")
			}
		default:
			if failed++; failed >= pingFailures && ready.Set(false) {
				logx.Errorw("the database does not answer: not ready", logx.Field("why", err.Error()))
			}
		}
	}
}
