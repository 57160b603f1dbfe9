package logic

import (
	"context"

	"aecode/proto/terminology"
	"aecode/terminology/internal/svc"
)

type ListReleasesLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewListReleasesLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListReleasesLogic {
	return &ListReleasesLogic{ctx: ctx, svcCtx: svcCtx}
}

// ListReleases tells which releases, languages and synonym list are served.
func (l *ListReleasesLogic) ListReleases(*terminology.ListReleasesReq) (*terminology.ListReleasesResp, error) {
	answer := &terminology.ListReleasesResp{}
	for _, e := range l.svcCtx.Catalog.Current().Entries() {
		release := &terminology.Release{
			Dictionary: e.Version.Label, IsDefault: e.Default, SynonymVersion: e.Versions.Synonyms,
		}
		for _, language := range e.Version.Languages() {
			counts := e.Version.Releases[language].Counts()
			release.Languages = append(release.Languages, string(language))
			release.LltCount = int32(counts.LLT) //nolint:gosec // about a hundred thousand
			release.PtCount = int32(counts.PT)   //nolint:gosec // fewer than the LLTs
		}
		answer.Releases = append(answer.Releases, release)
		answer.EngineVersion = e.Versions.Engine // the same for all
	}
	return answer, nil
}
