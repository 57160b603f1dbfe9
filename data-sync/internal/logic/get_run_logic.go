package logic

import (
	"context"

	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type GetRunLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewGetRunLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetRunLogic {
	return &GetRunLogic{ctx: ctx, svcCtx: svcCtx}
}

// GetRun gives one pass of a run.
func (l *GetRunLogic) GetRun(in *datasync.GetRunReq) (*datasync.Run, error) {
	pass, err := l.svcCtx.Store.Pass(l.ctx, in.GetRunId(), int(in.GetPass()))
	if err != nil {
		return nil, wireError(err)
	}
	return wireRun(pass), nil
}
