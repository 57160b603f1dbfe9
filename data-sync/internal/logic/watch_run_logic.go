package logic

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type WatchRunLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewWatchRunLogic(ctx context.Context, svcCtx *svc.ServiceContext) *WatchRunLogic {
	return &WatchRunLogic{ctx: ctx, svcCtx: svcCtx}
}

// WatchRun streams a pass's progress until the pass has ended.
func (l *WatchRunLogic) WatchRun(in *datasync.WatchRunReq, stream datasync.DataSync_WatchRunServer) error {
	// A stream must not hold up a replica that is to stop: its watcher looks
	// again elsewhere.
	ctx, cancel := l.svcCtx.UntilStopping(l.ctx)
	defer cancel()
	pass, err := l.svcCtx.Store.Pass(ctx, in.GetRunId(), int(in.GetPass()))
	if err != nil {
		return wireError(err)
	}
	err = l.svcCtx.Engine.Watch(ctx, pass.RunID, pass.Number, func(p run.Pass) error {
		return stream.Send(wireRun(p))
	})
	if ctx.Err() != nil && l.ctx.Err() == nil {
		return status.Error(codes.Unavailable, "this replica is stopping, watch again")
	}
	return wireError(err)
}
