package logic

import (
	"context"
	"fmt"
	"slices"

	"aecode/common/rpcerr"
	"aecode/proto/terminology"
	"aecode/terminology/internal/coder"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/svc"
	"aecode/terminology/internal/verbatim"
)

type SearchTermsLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewSearchTermsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *SearchTermsLogic {
	return &SearchTermsLogic{ctx: ctx, svcCtx: svcCtx}
}

// SearchTerms finds terms for a person: by prefix, by words in any order, and by similar
// wording.
func (l *SearchTermsLogic) SearchTerms(in *terminology.SearchTermsReq) (*terminology.SearchTermsResp, error) {
	limit, err := limitOf(in.GetLimit(), coder.DefaultSearchLimit, coder.MaxSearchLimit)
	if err != nil {
		return nil, err
	}
	if err := verbatim.Validate(in.GetQuery()); err != nil {
		return nil, rpcerr.InvalidField("query", err.Error())
	}
	levels := make([]meddra.Level, 0, len(in.GetLevels()))
	for i, level := range in.GetLevels() {
		parsed, err := meddra.ParseLevel(level.String())
		if err != nil {
			return nil, rpcerr.InvalidField(fmt.Sprintf("levels[%d]", i), "must be LLT, PT, HLT, HLGT or SOC")
		}
		levels = append(levels, parsed)
	}
	entry, err := l.svcCtx.Catalog.Current().Get(in.GetDictionary())
	if err != nil {
		return nil, wireError(err)
	}
	language := meddra.Language(in.GetLanguage())
	if language != "" && !slices.Contains(entry.Coder.Languages(), language) {
		return nil, rpcerr.InvalidField("language", fmt.Sprintf("release %s is served in %v", entry.Version.Label, entry.Coder.Languages()))
	}
	answer := &terminology.SearchTermsResp{Versions: wireVersions(entry.Versions, language)}
	for _, found := range entry.Coder.Search(in.GetQuery(), language, levels, limit) {
		answer.Hits = append(answer.Hits, wireFound(found))
	}
	return answer, nil
}

func wireFound(f coder.Found) *terminology.SearchHit {
	hit := &terminology.SearchHit{
		Term: wireTerm(f.Term), Level: terminology.Level(terminology.Level_value[f.Level.String()]),
		Current: f.Current, Score: f.Score, Reason: f.Reason, Path: &terminology.Path{},
	}
	if f.Level == meddra.LevelLLT {
		hit.Path.Llt = hit.GetTerm()
	}
	// Above PT the path holds only the levels from the term up.
	for _, step := range []struct {
		term meddra.Term
		into **terminology.TermRef
	}{{f.Path.PT, &hit.Path.Pt}, {f.Path.HLT, &hit.Path.Hlt}, {f.Path.HLGT, &hit.Path.Hlgt}, {f.Path.SOC, &hit.Path.Soc}} {
		if step.term.Code != 0 {
			*step.into = wireTerm(step.term)
		}
	}
	return hit
}
