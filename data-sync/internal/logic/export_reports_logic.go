package logic

import (
	"bufio"
	"context"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/export"
	"aecode/data-sync/internal/store"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type ExportReportsLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewExportReportsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *ExportReportsLogic {
	return &ExportReportsLogic{ctx: ctx, svcCtx: svcCtx}
}

// pieceBytes is the size of a piece of the stream.
const pieceBytes = 256 << 10

// ExportReports streams a CSV file in pieces of at most 256 KiB.
func (l *ExportReportsLogic) ExportReports(in *datasync.ExportReportsReq, stream datasync.DataSync_ExportReportsServer) error {
	ctx, cancel := l.svcCtx.UntilStopping(l.ctx)
	defer cancel()
	out := bufio.NewWriterSize(pieces{stream}, pieceBytes)
	var err error
	switch in.GetKind() {
	case datasync.ExportKind_CODED_CSV:
		err = l.coded(ctx, out)
	case datasync.ExportKind_REVIEW_CSV:
		err = export.WriteReview(ctx, out, l.svcCtx.Store.EachReview, l.unreadable)
	default:
		return rpcerr.InvalidField("kind", "must be CODED_CSV or REVIEW_CSV")
	}
	if err != nil {
		return wireError(err)
	}
	return wireError(out.Flush())
}

func (l *ExportReportsLogic) coded(ctx context.Context, out *bufio.Writer) error {
	columns, err := l.svcCtx.Store.Columns(ctx)
	if err != nil {
		return err
	}
	return export.WriteCoded(ctx, out, columns, l.svcCtx.Store.Each)
}

func (l *ExportReportsLogic) unreadable(ctx context.Context, yield func(export.Unreadable) error) error {
	return l.svcCtx.Store.EachUnreadable(ctx, func(r store.UnreadableRow) error {
		return yield(export.Unreadable{FileName: r.FileName, Line: r.Line, Reason: r.Reason})
	})
}

// pieces sends what is written, as pieces of the stream.
type pieces struct {
	stream datasync.DataSync_ExportReportsServer
}

func (p pieces) Write(data []byte) (int, error) {
	for sent := 0; sent < len(data); {
		end := min(sent+pieceBytes, len(data))
		if err := p.stream.Send(&datasync.ExportPiece{Data: data[sent:end]}); err != nil {
			return sent, err
		}
		sent = end
	}
	return len(data), nil
}
