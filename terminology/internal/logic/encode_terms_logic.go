package logic

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	"aecode/common/deadline"
	"aecode/common/rpcerr"
	"aecode/proto/terminology"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/svc"
)

type EncodeTermsLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewEncodeTermsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *EncodeTermsLogic {
	return &EncodeTermsLogic{ctx: ctx, svcCtx: svcCtx}
}

// maxItems is the maximum number of items in a batch.
const maxItems = 256

// EncodeTerms codes up to 256 verbatims, each with its own outcome.
func (l *EncodeTermsLogic) EncodeTerms(in *terminology.EncodeTermsReq) (*terminology.EncodeTermsResp, error) {
	if n := len(in.GetItems()); n < 1 || n > maxItems {
		return nil, rpcerr.InvalidField("items", fmt.Sprintf("must be 1 to %d, are %d", maxItems, n))
	}
	limit, err := limitOf(in.GetLimit(), coder.DefaultLimit, coder.MaxLimit)
	if err != nil {
		return nil, err
	}
	pin := in.GetPin()
	entry, err := l.svcCtx.Catalog.Current().Pinned(pin.GetDictionary(), pin.GetSynonymVersion(), pin.GetEngineVersion())
	if err != nil {
		return nil, wireError(err)
	}
	// An answer after the deadline is useless, so the work stops shortly before it.
	ctx, cancel := deadline.Shave(l.ctx, deadline.DefaultMargin)
	defer cancel()
	answer := &terminology.EncodeTermsResp{Results: make([]*terminology.EncodeResult, len(in.GetItems()))}
	for i, item := range in.GetItems() {
		if ctx.Err() != nil {
			answer.Results[i] = &terminology.EncodeResult{Outcome: &terminology.EncodeResult_NotProcessed{NotProcessed: true}}
			continue
		}
		answer.Results[i] = encodeItem(entry.Coder, item, limit)
	}
	return answer, nil
}

func encodeItem(c *coder.Coder, item *terminology.EncodeItem, limit int) *terminology.EncodeResult {
	req, fault := checkItem(item.GetTerm(), item.GetLanguage(), item.GetStudy(), limit)
	if fault != nil {
		return &terminology.EncodeResult{Outcome: &terminology.EncodeResult_Error{Error: &terminology.ItemError{
			Code: int32(codes.InvalidArgument), Field: fault.field, Message: fault.description,
		}}}
	}
	return &terminology.EncodeResult{Outcome: &terminology.EncodeResult_Answer{Answer: wireResult(c.Code(req))}}
}
