package logic

import (
	"context"
	"errors"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type StartRunLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewStartRunLogic(ctx context.Context, svcCtx *svc.ServiceContext) *StartRunLogic {
	return &StartRunLogic{ctx: ctx, svcCtx: svcCtx}
}

// StartRun opens the run's next pass, or returns the one that is open.
func (l *StartRunLogic) StartRun(in *datasync.StartRunReq) (*datasync.StartRunResp, error) {
	pass, opened, err := l.svcCtx.Engine.Start(l.ctx, in.GetDate(), in.GetScope())
	if fault, ok := errors.AsType[*run.ArgumentError](err); ok {
		return nil, rpcerr.InvalidField(fault.Field, fault.Description)
	}
	if err != nil {
		return nil, wireError(err)
	}
	return &datasync.StartRunResp{Run: wireRun(pass), Opened: opened}, nil
}
