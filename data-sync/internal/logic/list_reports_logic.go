package logic

import (
	"context"
	"fmt"
	"strconv"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/store"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type ListReportsLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewListReportsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ListReportsLogic {
	return &ListReportsLogic{ctx: ctx, svcCtx: svcCtx}
}

// ListReports pages through the reports by status and study.
func (l *ListReportsLogic) ListReports(in *datasync.ListReportsReq) (*datasync.ListReportsResp, error) {
	limit, err := pageSize("page_size", in.GetPageSize(), 100, 500)
	if err != nil {
		return nil, err
	}
	filter := store.Filter{Study: in.GetStudy(), Limit: limit}
	if s := in.GetStatus(); s != datasync.ReportStatus_REPORT_STATUS_UNSPECIFIED {
		if _, known := datasync.ReportStatus_name[int32(s)]; !known {
			return nil, rpcerr.InvalidField("status", "is no status of a report")
		}
		filter.Status = report.Status(s.String())
	}
	if token := in.GetPageToken(); token != "" {
		if filter.After, err = strconv.ParseInt(token, 10, 64); err != nil || filter.After < 1 {
			return nil, rpcerr.InvalidField("page_token", "is no token that ListReports gave")
		}
	}
	reports, err := l.svcCtx.Store.List(l.ctx, filter)
	if err != nil {
		return nil, wireError(err)
	}
	answer := &datasync.ListReportsResp{}
	for _, r := range reports {
		answer.Reports = append(answer.Reports, wireReport(r))
	}
	if len(reports) == limit {
		answer.NextPageToken = strconv.FormatInt(reports[limit-1].ID, 10)
	}
	return answer, nil
}

// pageSize applies a request's limit: 0 means the default.
func pageSize(field string, asked int32, byDefault, most int) (int, error) {
	switch {
	case asked == 0:
		return byDefault, nil
	case asked < 0 || int(asked) > most:
		return 0, rpcerr.InvalidField(field, fmt.Sprintf("must be 0 to %d, is %d", most, asked))
	}
	return int(asked), nil
}
