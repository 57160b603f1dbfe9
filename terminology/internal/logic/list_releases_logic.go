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

// ListReleases lists the releases that are served, with their languages and versions.
func (l *ListReleasesLogic) ListReleases(*terminology.ListReleasesReq) (*terminology.ListReleasesResp, error) {
	answer := &terminology.ListReleasesResp{}
	for _, e := range l.svcCtx.Catalog.Current().Entries() {
		release := &terminology.Release{
			Dictionary: e.Version.Label, IsDefault: e.Default, SynonymVersion: e.Versions.Synonyms,
		}
		for _, language := range e.Version.Languages() {
			counts := e.Version.Releases[language].Counts()
			release.Languages = append(release.Languages, string(language))
			release.LltCount, release.PtCount = wireInt(counts.LLT), wireInt(counts.PT)
		}
		answer.Releases = append(answer.Releases, release)
		answer.EngineVersion = e.Versions.Engine // the same for all
	}
	return answer, nil
}
