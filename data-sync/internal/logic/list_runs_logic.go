package logic

import (
	"context"

	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type ListRunsLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewListRunsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListRunsLogic {
	return &ListRunsLogic{ctx: ctx, svcCtx: svcCtx}
}

// ListRuns gives the newest pass of each run.
func (l *ListRunsLogic) ListRuns(in *datasync.ListRunsReq) (*datasync.ListRunsResp, error) {
	limit, err := pageSize("limit", in.GetLimit(), 20, 100)
	if err != nil {
		return nil, err
	}
	passes, err := l.svcCtx.Store.Runs(l.ctx, limit)
	if err != nil {
		return nil, wireError(err)
	}
	answer := &datasync.ListRunsResp{}
	for _, p := range passes {
		answer.Runs = append(answer.Runs, wireRun(p))
	}
	return answer, nil
}
