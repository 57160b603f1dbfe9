package logic

import (
	"context"

	"aecode/common/rpcerr"
	"aecode/proto/terminology"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/svc"
)

type EncodeTermLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewEncodeTermLogic(ctx context.Context, svcCtx *svc.ServiceContext) *EncodeTermLogic {
	return &EncodeTermLogic{ctx: ctx, svcCtx: svcCtx}
}

// EncodeTerm codes one verbatim.
func (l *EncodeTermLogic) EncodeTerm(in *terminology.EncodeReq) (*terminology.EncodeResp, error) {
	limit, err := limitOf(in.GetLimit(), coder.DefaultLimit, coder.MaxLimit)
	if err != nil {
		return nil, err
	}
	req, fault := checkItem(in.GetTerm(), in.GetLanguage(), in.GetStudy(), limit)
	if fault != nil {
		return nil, rpcerr.InvalidField(fault.field, fault.description)
	}
	req.Explain = in.GetExplain()
	pin := in.GetPin()
	entry, err := l.svcCtx.Catalog.Current().Pinned(pin.GetDictionary(), pin.GetSynonymVersion(), pin.GetEngineVersion())
	if err != nil {
		return nil, wireError(err)
	}
	return wireResult(entry.Coder.Code(req)), nil
}
