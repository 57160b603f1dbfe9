package logic

import (
	"context"
	"strings"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/intake"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type GetReportLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewGetReportLogic(ctx context.Context, svcCtx *svc.ServiceContext) *GetReportLogic {
	return &GetReportLogic{ctx: ctx, svcCtx: svcCtx}
}

// GetReport returns a report with the contents that it has had.
func (l *GetReportLogic) GetReport(in *datasync.GetReportReq) (*datasync.GetReportResp, error) {
	id := report.Identity{Source: in.GetIdentity().GetSource(), Study: in.GetIdentity().GetStudy(), RecordID: in.GetIdentity().GetRecordId()}
	if err := intake.CheckSource(id.Source); err != nil {
		return nil, rpcerr.InvalidField("identity", err.Error())
	}
	if err := intake.CheckIdentity(id); err != nil {
		return nil, rpcerr.InvalidField("identity", err.Error())
	}
	if in.GetVariant() < 0 {
		return nil, rpcerr.InvalidField("variant", "must be 0 or more")
	}
	history, err := l.svcCtx.Store.History(l.ctx, id, int(in.GetVariant()))
	if err != nil {
		return nil, wireError(err)
	}
	answer := &datasync.GetReportResp{
		Report:           wireReport(history.Report),
		RevisionsLeftOut: int32(history.Older),    //nolint:gosec // a count of changes of one report
		Variants:         int32(history.Variants), //nolint:gosec // a count of reports of one identity
	}
	for _, r := range history.Revisions {
		answer.Revisions = append(answer.Revisions, wireRevision(r))
	}
	return answer, nil
}

func wireRevision(r report.Revision) *datasync.Revision {
	revision := &datasync.Revision{
		Revision: int32(r.Number), VerbatimVersion: int32(r.VerbatimVersion), //nolint:gosec // counts of changes of one report
		Verbatim: r.Verbatim, Language: r.Language, Seriousness: wireSeriousness(r.Serious),
		ImportId: r.ImportID, Line: r.Line, ReceivedAt: wireTime(r.ReceivedAt),
	}
	for _, f := range r.Fields {
		// A call may have brought bytes that are no text, which a message cannot hold.
		revision.Columns = append(revision.Columns, &datasync.Column{Name: f.Name, Value: strings.ToValidUTF8(f.Value, "\uFFFD")})
	}
	return revision
}
