package logic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aecode/common/rpcerr"
	"aecode/data-sync/internal/intake"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

type SubmitReportsLogic struct {
	ctx    context.Context
	svcCtx *svc.ServiceContext
}

func NewSubmitReportsLogic(ctx context.Context, svcCtx *svc.ServiceContext) *SubmitReportsLogic {
	return &SubmitReportsLogic{ctx: ctx, svcCtx: svcCtx}
}

// Bounds of one batch.
const (
	maxImportID     = 64
	maxBatchBytes   = 1 << 20
	maxHeaderBytes  = 256 << 10
	maxNameBytes    = 255
	maxReadingBytes = 4000
	problemsAnBatch = 100
)

// SubmitReports takes one batch of an import's raw rows.
func (l *SubmitReportsLogic) SubmitReports(in *datasync.SubmitReportsReq) (*datasync.SubmitReportsResp, error) {
	options, err := batchOptions(in)
	if err != nil {
		return nil, err
	}
	parsed, err := intake.Parse(in.GetHeader(), in.GetRows(), in.GetFirstLine(), options)
	if err != nil {
		var fault *intake.Error
		if errors.As(err, &fault) {
			return nil, rpcerr.InvalidField(fault.Field, fault.Problem)
		}
		return nil, wireError(err)
	}
	digest, err := intake.Digest(l.svcCtx.Key, intake.DigestInput{
		Options: options, Header: in.GetHeader(), Rows: in.GetRows(), FirstLine: in.GetFirstLine(), Last: in.GetLast(),
	})
	if err != nil {
		return nil, wireError(err)
	}
	result, err := l.svcCtx.Store.ApplyBatch(l.ctx, report.Batch{
		ImportID: in.GetImportId(), Sequence: in.GetSequence(), Digest: digest,
		Source: options.Source, FileName: in.GetFileName(), FileHash: in.GetFileHash(),
		IdentityColumns: options.Mapping.IdentityColumns(), Reading: in.GetReading(),
		Columns: parsed.Columns, Rows: parsed.Rows, Unreadable: parsed.Unreadable, Last: in.GetLast(),
	})
	if err != nil {
		return nil, wireError(err)
	}
	return wireBatch(in, parsed, result), nil
}

func batchOptions(in *datasync.SubmitReportsReq) (intake.Options, error) {
	options := intake.Options{Source: in.GetSource()}
	for _, bound := range []struct {
		field     string
		size, max int
	}{
		{"import_id", len(in.GetImportId()), maxImportID},
		{"rows", len(in.GetRows()), maxBatchBytes},
		{"header", len(in.GetHeader()), maxHeaderBytes},
		{"source", len(in.GetSource()), maxNameBytes},
		{"file_name", len(in.GetFileName()), maxNameBytes},
		{"file_hash", len(in.GetFileHash()), maxNameBytes},
		{"separator", len(in.GetSeparator()), 1},
		{"reading", len(in.GetReading()), maxReadingBytes},
	} {
		if bound.size > bound.max {
			return options, rpcerr.InvalidField(bound.field, fmt.Sprintf("is %d bytes long, the most is %d", bound.size, bound.max))
		}
	}
	if n := len(in.GetNumbers()); n > intake.MaxBatchRecords {
		return options, rpcerr.InvalidField("numbers", fmt.Sprintf("there are %d, the most is %d", n, intake.MaxBatchRecords))
	}
	for _, n := range in.GetNumbers() {
		if n < 1 {
			return options, rpcerr.InvalidField("numbers", "must count records from 1")
		}
	}
	if err := textFields(in); err != nil {
		return options, err
	}
	if in.GetImportId() == "" {
		return options, rpcerr.InvalidField("import_id", "must be set, to a UUID of the caller's")
	}
	if in.GetSequence() < 0 {
		return options, rpcerr.InvalidField("sequence", "must count batches from 0")
	}
	switch in.GetFormat() {
	case datasync.FileFormat_CSV:
		options.Format = intake.CSV
	case datasync.FileFormat_NDJSON:
		options.Format = intake.NDJSON
	default:
		return options, rpcerr.InvalidField("format", "must be CSV or NDJSON")
	}
	var err error
	if options.Encoding, err = intake.ParseEncoding(in.GetEncoding()); err != nil {
		return options, rpcerr.InvalidField("encoding", "must be utf-8 or gb18030")
	}
	m := in.GetMapping()
	options.Mapping = intake.Mapping{
		RecordID: m.GetRecordId(), Study: m.GetStudy(), Verbatim: m.GetVerbatim(),
		Serious: m.GetSerious(), Language: m.GetLanguage(),
		StudyValue: m.GetStudyValue(), Volatile: m.GetVolatile(),
	}
	if in.GetSeparator() != "" {
		options.Separator = in.GetSeparator()[0]
	}
	options.Numbers = in.GetNumbers()
	if options.Source == "" {
		options.Source = intake.DefaultSource
	}
	if err := intake.CheckSource(options.Source); err != nil {
		return options, rpcerr.InvalidField("source", err.Error())
	}
	return options, nil
}

// textFields refuses a request with a NUL, which no database takes. gRPC has seen to
// it that the texts are UTF-8.
func textFields(in *datasync.SubmitReportsReq) error {
	m := in.GetMapping()
	for _, f := range []struct{ name, text string }{
		{"import_id", in.GetImportId()}, {"source", in.GetSource()}, {"file_name", in.GetFileName()}, {"file_hash", in.GetFileHash()},
		{"reading", in.GetReading()}, {"mapping.record_id", strings.Join(m.GetRecordId(), "")}, {"mapping.study", m.GetStudy()},
		{"mapping.verbatim", m.GetVerbatim()}, {"mapping.serious", m.GetSerious()}, {"mapping.language", m.GetLanguage()},
		{"mapping.study_value", m.GetStudyValue()}, {"mapping.volatile", strings.Join(m.GetVolatile(), "")},
	} {
		if !report.IsText(f.text) {
			return rpcerr.InvalidField(f.name, "holds a NUL character")
		}
	}
	return nil
}

func wireBatch(in *datasync.SubmitReportsReq, parsed intake.Parsed, result report.BatchResult) *datasync.SubmitReportsResp {
	a := result.Account
	answer := &datasync.SubmitReportsResp{
		Account: &datasync.Account{
			Rows: a.Rows, New: a.New, Unchanged: a.Unchanged, Changed: a.Changed, Held: a.Held, Unreadable: a.Unreadable,
			Repeats: a.Repeats, IdentityRepeated: a.IdentityRepeated, DuplicateIdentity: a.DuplicateIdentity,
		},
	}
	if in.GetSequence() == 0 {
		answer.Warnings = parsed.Warnings
	}
	problems := slices.Concat(parsed.Problems, result.Problems)
	for i, p := range problems {
		if i == problemsAnBatch {
			answer.ProblemsLeftOut = int64(len(problems) - i)
			break
		}
		answer.Problems = append(answer.Problems, &datasync.RowProblem{
			Line: p.Line, Field: p.Field, Reason: p.Reason, Message: p.Message, Identity: wireIdentity(p.Identity),
		})
	}
	return answer
}
