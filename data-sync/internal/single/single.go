// Package single takes in one report and codes it now, as SyncAEData does.
//
// The report is stored before it is coded: when terminology is away it stays
// PENDING for the nightly run, and the answer says so.
package single

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"aecode/common/idempotency"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

// ErrInFlight says that another call with the same key or identity is at work.
var ErrInFlight = errors.New("the same request is in flight, send it again later")

// ErrOtherPayload says that the idempotency key was used with another payload.
var ErrOtherPayload = errors.New("the idempotency key was used before with another payload")

// Store is what single reports need of the database.
type Store interface {
	Get(ctx context.Context, id report.Identity) (report.Report, error)
	Submit(ctx context.Context, row report.Row) (report.Report, report.Outcome, error)
	Record(ctx context.Context, reportID int64, result run.Result) (report.Report, error)
}

// Coder is what single reports need of terminology.
type Coder interface {
	// Encode answers each term at the same index, within ctx's deadline. An empty
	// pin means the newest versions.
	Encode(ctx context.Context, pin report.Versions, terms []run.Term) ([]run.Answer, error)
}

// Claims holds the leases that keep two calls from doing the same work at once.
type Claims interface {
	Claim(ctx context.Context, req idempotency.Request) (idempotency.Claim, error)
	Complete(ctx context.Context, key, owner string, result []byte) error
	Release(ctx context.Context, key, owner string) error
}

// Service takes single reports.
type Service struct {
	store    Store
	coder    Coder
	claims   Claims
	secret   idempotency.Secret
	notFound error
	overall  time.Duration
	slots    chan struct{} // one for each report that is at terminology
}

// Concurrency is the number of single reports that are at terminology at once; a
// further one waits for its turn within its overall time.
const Concurrency = 16

// New returns a service that gives terminology overall for a report, with all its
// tries. notFound is the error by which the store says that a report is not there.
func New(store Store, coder Coder, claims Claims, secret idempotency.Secret, overall time.Duration, notFound error) *Service {
	return &Service{
		store: store, coder: coder, claims: claims, secret: secret, notFound: notFound,
		overall: overall, slots: make(chan struct{}, Concurrency),
	}
}

// Call is one report to take in.
type Call struct {
	Row report.Row
	// Key is the caller's idempotency key; empty when the report's identity is
	// the key. Under a key the payload is fixed; under an identity a changed
	// verbatim is a new version of the report.
	Key string
	// KeyIsIdentity: the report has no other identity than the key.
	KeyIsIdentity bool
}

// Sync stores the report, codes it and gives it as it then stands. Its errors
// are ErrInFlight, ErrOtherPayload, idempotency.ErrUnavailable and the store's;
// a report that could be stored but not coded is no error: it is PENDING.
func (s *Service) Sync(ctx context.Context, call Call) (report.Report, error) {
	key, owner := s.claimKey(call), idempotency.NewOwner()
	claim, err := s.claims.Claim(ctx, idempotency.Request{Key: key, Owner: owner, Fingerprint: s.fingerprint(call.Row)})
	if err != nil {
		return report.Report{}, fmt.Errorf("report %s: %w", call.Row.Identity, err)
	}
	switch claim.Outcome {
	case idempotency.Mismatch:
		// Without a key of its own a changed report is no fault, but the other
		// one is still at work.
		if call.Key == "" {
			return report.Report{}, ErrInFlight
		}
		return report.Report{}, ErrOtherPayload
	case idempotency.InFlight:
		return report.Report{}, ErrInFlight
	case idempotency.Replay:
		// Redis says it is done; the database says what that was. Where it has
		// lost the report since, the work is done again.
		stored, err := s.store.Get(ctx, call.Row.Identity)
		if err == nil || !errors.Is(err, s.notFound) {
			return stored, err
		}
		return s.work(ctx, call)
	}
	stored, err := s.work(ctx, call)
	return stored, s.settle(ctx, call, key, owner, stored, err)
}

// settle completes the record of a key whose report has its outcome. Anything
// else is given back: a failure must not be remembered as a success, and an
// identity's repeats are the database's to recognise. A record that cannot be
// settled ends with its lease, so that its error is no reason to fail the call.
func (s *Service) settle(ctx context.Context, call Call, key, owner string, stored report.Report, err error) error {
	// Also for a caller that has gone: it comes again, and would find its own
	// claim in flight. Each of these calls has a deadline of its own.
	ctx = context.WithoutCancel(ctx)
	if err == nil && call.Key != "" && stored.Status != report.Pending {
		_ = s.claims.Complete(ctx, key, owner, []byte(stored.Status)) // see above
		return nil
	}
	_ = s.claims.Release(ctx, key, owner) // see above
	return err
}

func (s *Service) work(ctx context.Context, call Call) (report.Report, error) {
	if call.KeyIsIdentity {
		// After a wipe of Redis only the database knows the key's payload.
		before, err := s.store.Get(ctx, call.Row.Identity)
		switch {
		case err == nil && !samePayload(before, call.Row):
			return report.Report{}, ErrOtherPayload
		case err != nil && !errors.Is(err, s.notFound):
			return report.Report{}, err
		}
	}
	stored, _, err := s.store.Submit(ctx, call.Row)
	if err != nil || stored.Status != report.Pending {
		return stored, err
	}
	result, failure := s.code(ctx, run.Item{
		ReportID: stored.ID, Identity: stored.Identity, VerbatimVersion: stored.VerbatimVersion,
		Verbatim: stored.Verbatim, Language: stored.Language, Serious: stored.Serious.First(),
	})
	if failure != nil {
		return stored, nil //nolint:nilerr // stored and PENDING: the nightly run codes it
	}
	return s.store.Record(ctx, stored.ID, result)
}

func samePayload(stored report.Report, row report.Row) bool {
	return stored.Verbatim == row.Verbatim && stored.Language == row.Language && stored.Serious == row.Serious &&
		slices.Equal(stored.Fields, row.Fields)
}

// claimKey names the work. An identity goes in as its fingerprint: written out
// it may be longer than a key can be, and two may read alike.
func (s *Service) claimKey(call Call) string {
	if call.Key != "" {
		return "key:" + call.Key
	}
	id := call.Row.Identity
	return "report:" + idempotency.Fingerprint(s.secret, id.Source, id.Study, id.RecordID)
}

// fingerprint covers everything that the call would store.
func (s *Service) fingerprint(row report.Row) string {
	parts := []string{row.Identity.Source, row.Identity.Study, row.Identity.RecordID, row.Verbatim, row.Language, seriousPart(row.Serious)}
	for _, f := range row.Fields {
		parts = append(parts, f.Name, f.Value)
	}
	return idempotency.Fingerprint(s.secret, parts...)
}

// seriousPart is the part of the fingerprint for the seriousness; true and false
// since before there was an unknown one.
func seriousPart(s report.Seriousness) string {
	if s == report.SeriousnessUnknown {
		return s.String()
	}
	return strconv.FormatBool(s == report.Serious)
}
