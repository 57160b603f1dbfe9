package logic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	"aecode/common/idempotency"
	"aecode/common/rpcerr"
	"aecode/data-sync/internal/intake"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/single"
	"aecode/data-sync/internal/svc"
	"aecode/proto/datasync"
)

// Identity of reports that come by SyncAEData and name none.
const (
	apiSource       = "api"
	unassignedStudy = "UNASSIGNED"
)

// maxKeyBytes bounds a caller's idempotency key: as a record id it must fit an
// identity.
const maxKeyBytes = 190

// singleCall checks a request and says what is to be stored under which key.
func singleCall(ctx context.Context, svcCtx *svc.ServiceContext, in *datasync.SyncRequest) (single.Call, error) {
	var call single.Call
	verbatim, _, hold := intake.CheckVerbatim(in.GetOriginalTerm())
	if hold != "" {
		return call, rpcerr.InvalidField("original_term", "cannot be coded: "+string(hold))
	}
	key, err := callerKey(ctx)
	if err != nil {
		return call, err
	}
	language, known := intake.Language(in.GetLanguage())
	if !known {
		return call, rpcerr.InvalidField("language", "must be a language code such as en or zh, or empty")
	}
	serious, err := seriousness(in)
	if err != nil {
		return call, err
	}
	id := in.GetIdentity()
	call.Key = key
	call.Row = report.Row{
		Identity: report.Identity{Source: id.GetSource(), Study: id.GetStudy(), RecordID: id.GetRecordId()},
		Verbatim: verbatim, Language: language, Serious: serious,
	}
	identity := &call.Row.Identity
	if identity.Source == "" {
		identity.Source = apiSource
	}
	switch {
	case identity.RecordID != "":
		if identity.Study == "" {
			identity.Study = unassignedStudy
		}
	case identity.Study != "":
		return call, rpcerr.InvalidField("identity.record_id", "must be set where identity.study is")
	case key != "":
		identity.Study, identity.RecordID, call.KeyIsIdentity = unassignedStudy, "key:"+key, true
	case svcCtx.Config.AllowAnonymousReports:
		identity.Study, identity.RecordID = unassignedStudy, "anonymous:"+uuid.NewString()
	default:
		return call, rpcerr.InvalidField("identity", "must be set, or metadata "+rpcerr.KeyMetadata+" sent: without either a repeated call would store the report twice")
	}
	if err := errors.Join(intake.CheckSource(identity.Source), intake.CheckIdentity(*identity)); err != nil {
		return call, rpcerr.InvalidField("identity", err.Error())
	}
	call.Row.Fields = []report.Field{{Name: intake.DefaultStudy, Value: identity.Study}, {Name: intake.DefaultVerbatim, Value: in.GetOriginalTerm()}}
	for _, name := range slices.Sorted(maps.Keys(in.GetFields())) {
		if name == intake.DefaultStudy || name == intake.DefaultVerbatim {
			return call, rpcerr.InvalidField("fields", name+" is told by identity and original_term")
		}
		call.Row.Fields = append(call.Row.Fields, report.Field{Name: name, Value: in.GetFields()[name]})
	}
	return call, nil
}

func callerKey(ctx context.Context) (string, error) {
	keys := metadata.ValueFromIncomingContext(ctx, rpcerr.KeyMetadata)
	switch {
	case len(keys) == 0:
		return "", nil
	case len(keys) > 1 || keys[0] == "" || len(keys[0]) > maxKeyBytes:
		return "", rpcerr.InvalidField("metadata "+rpcerr.KeyMetadata, fmt.Sprintf("must be one value of 1 to %d bytes", maxKeyBytes))
	}
	return keys[0], nil
}

// retryInFlight is when a call may come again whose key is in flight: about as
// long as coding one report takes.
const retryInFlight = 500 * time.Millisecond

// singleError gives the errors of a single report their status.
func singleError(err error) error {
	switch {
	case errors.Is(err, single.ErrInFlight):
		return rpcerr.FromClaim(idempotency.Claim{Outcome: idempotency.InFlight}, retryInFlight)
	case errors.Is(err, single.ErrOtherPayload):
		return rpcerr.FromClaim(idempotency.Claim{Outcome: idempotency.Mismatch}, 0)
	case errors.Is(err, idempotency.ErrUnavailable), errors.Is(err, idempotency.ErrInvalid), errors.Is(err, idempotency.ErrCorrupt):
		return rpcerr.FromIdempotency(err)
	}
	return wireError(err)
}

// seriousness is what a request says: its seriousness, or where that is not set, its
// older flag.
func seriousness(in *datasync.SyncRequest) (report.Seriousness, error) {
	switch in.GetSeriousness() {
	case datasync.Seriousness_SERIOUSNESS_UNSPECIFIED:
		if in.GetSerious() {
			return report.Serious, nil
		}
		return report.NotSerious, nil
	case datasync.Seriousness_NOT_SERIOUS:
		return report.NotSerious, nil
	case datasync.Seriousness_SERIOUS:
		return report.Serious, nil
	case datasync.Seriousness_SERIOUSNESS_UNKNOWN:
		return report.SeriousnessUnknown, nil
	default:
		return 0, rpcerr.InvalidField("seriousness", "is not one of NOT_SERIOUS, SERIOUS and SERIOUSNESS_UNKNOWN")
	}
}
