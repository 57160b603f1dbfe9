package logic

import (
	"context"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type CancelRunLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewCancelRunLogic(ctx context.Context, svcCtx *svc.ServiceContext) *CancelRunLogic {
	return &CancelRunLogic{ctx: ctx, svcCtx: svcCtx}
}

// CancelRun ends the open pass; what is coded stays coded.
func (l *CancelRunLogic) CancelRun(in *datasync.CancelRunReq) (*datasync.Run, error) {
	if in.GetRunId() == "" {
		return nil, rpcerr.InvalidField("run_id", "must name the run")
	}
	pass, err := l.svcCtx.Engine.Cancel(l.ctx, in.GetRunId())
	if err != nil {
		return nil, wireError(err)
	}
	return wireRun(pass), nil
}
