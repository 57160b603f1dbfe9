package logic

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"aecode/common/rpcerr"
	"aecode/proto/terminology"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/svc"
)

type GetTermLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewGetTermLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetTermLogic {
	return &GetTermLogic{ctx: ctx, svcCtx: svcCtx}
}

// GetTerm returns the names, levels and paths of a code, and the SMQs that it belongs to.
// For the code of an SMQ it returns the SMQ's content.
func (l *GetTermLogic) GetTerm(in *terminology.GetTermReq) (*terminology.GetTermResp, error) {
	code, err := meddra.ParseCode(in.GetCode())
	if err != nil {
		return nil, rpcerr.InvalidField("code", "must be a MedDRA code of eight digits")
	}
	entry, err := l.svcCtx.Catalog.Current().Get(in.GetDictionary())
	if err != nil {
		return nil, wireError(err)
	}
	answer := &terminology.GetTermResp{Code: code.String(), Dictionary: entry.Version.Label}
	for _, language := range entry.Version.Languages() {
		r := entry.Version.Releases[language]
		if !addTerm(answer, r, code) && !addSMQ(answer, r, code) {
			continue
		}
		for _, m := range r.Memberships(code) {
			answer.Smqs = append(answer.Smqs, wireMember(r, m))
		}
	}
	if len(answer.GetNames()) == 0 {
		return nil, status.Error(codes.NotFound, fmt.Sprintf("code %s is in no language of release %s", code, entry.Version.Label))
	}
	return answer, nil
}

// addTerm adds a term's name, levels and paths in one language. It reports false if the
// hierarchy has no such term.
func addTerm(answer *terminology.GetTermResp, r *meddra.Release, code meddra.Code) bool {
	term, _, ok := r.Lookup(code)
	if !ok {
		return false
	}
	language := string(r.Language())
	answer.Names = append(answer.Names, &terminology.TermName{Language: language, Name: term.Name})
	answer.Levels, answer.Current = wireLevels(r.Levels(code)), true
	pt := code
	llt, isLLT := r.LLT(code)
	if isLLT {
		pt, answer.Current = llt.PT, llt.Current
	}
	for _, path := range r.Paths(pt) {
		place := wirePath(path)
		if isLLT {
			place.Llt = &terminology.TermRef{Code: llt.Code.String(), Name: llt.Name}
		}
		answer.Paths = append(answer.Paths, &terminology.TermPath{Language: language, Path: place, Primary: path.Primary})
	}
	return true
}

func wireLevels(levels []meddra.Level) []terminology.Level {
	out := make([]terminology.Level, len(levels))
	for i, level := range levels {
		out[i] = terminology.Level(terminology.Level_value[level.String()])
	}
	return out
}
