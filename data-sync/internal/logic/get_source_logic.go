package logic

import (
	"context"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/intake"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type GetSourceLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewGetSourceLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetSourceLogic {
	return &GetSourceLogic{ctx: ctx, svcCtx: svcCtx}
}

// GetSource returns what an import of this source must agree with.
func (l *GetSourceLogic) GetSource(in *datasync.GetSourceReq) (*datasync.GetSourceResp, error) {
	name := in.GetSource()
	if name == "" {
		name = intake.DefaultSource
	}
	if err := intake.CheckSource(name); err != nil {
		return nil, rpcerr.InvalidField("source", err.Error())
	}
	source, err := l.svcCtx.Store.Source(l.ctx, name)
	if err != nil {
		return nil, wireError(err)
	}
	return &datasync.GetSourceResp{RecordId: source.IdentityColumns, HasReports: source.HasReports}, nil
}
