// Package logic answers the calls of data-sync: it checks the request, calls a
// domain package and gives its errors a status.
package logic

import (
	"errors"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
	"aecode/data-sync/internal/store"
	"aecode/proto/datasync"
)

func wireTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func wireIdentity(i report.Identity) *datasync.Identity {
	return &datasync.Identity{Source: i.Source, Study: i.Study, RecordId: i.RecordID}
}

func wireTerm(t report.Term) *datasync.TermRef {
	return &datasync.TermRef{Code: t.Code, Name: t.Name}
}

func wireCoding(c *report.Coding) *datasync.Coding {
	if c == nil {
		return nil
	}
	return &datasync.Coding{
		Llt: wireTerm(c.LLT), Pt: wireTerm(c.PT), Hlt: wireTerm(c.HLT), Hlgt: wireTerm(c.HLGT), Soc: wireTerm(c.SOC),
		Method: c.Method, Score: c.Score,
		Dictionary: c.Versions.Dictionary, Language: c.Versions.Language,
		SynonymVersion: c.Versions.SynonymVersion, EngineVersion: c.Versions.EngineVersion,
		DecidedBy: c.DecidedBy, DecidedAt: wireTime(c.DecidedAt),
	}
}

func wireCandidates(candidates []report.Candidate) []*datasync.Candidate {
	out := make([]*datasync.Candidate, 0, len(candidates))
	for _, c := range candidates {
		out = append(out, &datasync.Candidate{
			Llt: wireTerm(c.LLT), Pt: wireTerm(c.PT), Soc: wireTerm(c.SOC),
			Score: c.Score, Method: c.Method, Reason: c.Reason,
		})
	}
	return out
}

func wireStatus(s report.Status) datasync.ReportStatus {
	return datasync.ReportStatus(datasync.ReportStatus_value[string(s)])
}

func wireReport(r report.Report) *datasync.Report {
	return &datasync.Report{
		Identity: wireIdentity(r.Identity), Status: wireStatus(r.Status), ReviewReason: string(r.Reason),
		VerbatimVersion: int32(r.VerbatimVersion), //nolint:gosec // a count of changes of one report
		Verbatim:        r.Verbatim, Language: r.Language, Serious: r.Serious.First(), Seriousness: wireSeriousness(r.Serious),
		Revision: int32(r.Revision), Variant: int32(r.Variant), //nolint:gosec // counts of changes and of rows of one identity
		IdentityRepeated: r.Repeated,
		Coding:           wireCoding(r.Coding), Candidates: wireCandidates(r.Candidates),
		LastError: r.LastError, ReceivedAt: wireTime(r.ReceivedAt),
	}
}

func wireSeriousness(s report.Seriousness) datasync.Seriousness {
	switch s {
	case report.Serious:
		return datasync.Seriousness_SERIOUS
	case report.SeriousnessUnknown:
		return datasync.Seriousness_SERIOUSNESS_UNKNOWN
	default:
		return datasync.Seriousness_NOT_SERIOUS
	}
}

func wireRun(p run.Pass) *datasync.Run {
	return &datasync.Run{
		RunId: p.RunID, Date: p.Date, Scope: p.Scope,
		Pass:   int32(p.Number), //nolint:gosec // a count of passes of one night
		State:  datasync.RunState(datasync.RunState_value[string(p.State)]),
		Cutoff: wireTime(p.Cutoff), OpenedAt: wireTime(p.OpenedAt), FinishedAt: wireTime(p.FinishedAt),
		Read: p.Read, Coded: p.Coded, Review: p.Review, Left: p.Left,
		CodedByMethod: p.CodedByMethod, ReviewByReason: p.ReviewByReason, LeftByReason: p.LeftByReason,
		Dictionary: p.Pin.Dictionary, SynonymVersion: p.Pin.SynonymVersion, EngineVersion: p.Pin.EngineVersion,
		StateReason: p.StateReason, ElapsedSeconds: p.Elapsed.Seconds(), AuditHead: p.AuditHead,
	}
}

// wireError gives a domain error its status. What is not known to be the
// caller's fault is Unavailable: the database or a peer did not answer, and the
// call may be sent again. Domain errors never quote a verbatim.
func wireError(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	var outOfOrder *store.SequenceError
	switch {
	// The name asked for is not repeated: by mistake it can be anything.
	case errors.Is(err, run.ErrNotFound):
		return status.Error(codes.NotFound, run.ErrNotFound.Error())
	case errors.Is(err, store.ErrNotFound):
		return status.Error(codes.NotFound, store.ErrNotFound.Error())
	case errors.Is(err, store.ErrPayloadMismatch), errors.Is(err, store.ErrIdentityColumns), errors.As(err, &outOfOrder):
		return status.Error(codes.FailedPrecondition, err.Error())
	case errors.Is(err, store.ErrInvalid):
		return status.Error(codes.InvalidArgument, err.Error())
	default:
		return status.Error(codes.Unavailable, err.Error())
	}
}
