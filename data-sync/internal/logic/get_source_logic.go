package logic

import (
	"context"

	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"

	"github.com/zeromicro/go-zero/core/logx"
)

type GetSourceLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
	logx.Logger
}

func NewGetSourceLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetSourceLogic {
	return &GetSourceLogic{
		ctx:    ctx,
		svcCtx: svcCtx,
		Logger: logx.WithContext(ctx),
	}
}

// GetSource returns what an import of this source must agree with.
func (l *GetSourceLogic) GetSource(in *datasync.GetSourceReq) (*datasync.GetSourceResp, error) {
	// todo: add your logic here and delete this line

	return &datasync.GetSourceResp{}, nil
}
