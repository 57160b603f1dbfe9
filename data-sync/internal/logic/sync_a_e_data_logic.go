package logic

import (
	"context"

	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type SyncAEDataLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewSyncAEDataLogic(ctx context.Context, svcCtx *svc.ServiceContext) *SyncAEDataLogic {
	return &SyncAEDataLogic{ctx: ctx, svcCtx: svcCtx}
}

// SyncAEData stores one report and codes it now.
func (l *SyncAEDataLogic) SyncAEData(in *datasync.SyncRequest) (*datasync.SyncResponse, error) {
	call, err := singleCall(l.ctx, l.svcCtx, in)
	if err != nil {
		return nil, err
	}
	stored, err := l.svcCtx.Single.Sync(l.ctx, call)
	if err != nil {
		return nil, singleError(err)
	}
	answer := &datasync.SyncResponse{
		Success: true, Identity: wireIdentity(stored.Identity), Status: wireStatus(stored.Status),
		Coding: wireCoding(stored.Coding), ReviewReason: string(stored.Reason), Candidates: wireCandidates(stored.Candidates),
	}
	if stored.Coding != nil {
		answer.Code = stored.Coding.LLT.Code
	}
	return answer, nil
}
