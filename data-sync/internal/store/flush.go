package store

import (
	"context"
	"database/sql"
	"fmt"

	"aecode/data-sync/internal/admission"
	"aecode/data-sync/internal/report"
)

var (
	newReports = insertion{
		table: "ae_reports",
		columns: columns(`source text, study text, record_id text, variant bigint, status text, review_reason text,
			verbatim_version bigint, revision bigint, serious bigint, serious_unknown bigint, repeated bigint,
			received_at bigint, updated_at bigint, status_since bigint`),
		tail: "RETURNING id, source, study, record_id, variant",
	}
	// What failed or was decided belongs to the content that went.
	changedReports = change{
		table: "ae_reports",
		columns: columns(`id bigint, status text, review_reason text, verbatim_version bigint, revision bigint, serious bigint,
			serious_unknown bigint, repeated bigint, updated_at bigint, void bigint, since bigint`),
		set: `status = j.status, review_reason = j.review_reason, verbatim_version = j.verbatim_version, revision = j.revision,
			serious = j.serious, serious_unknown = j.serious_unknown, repeated = j.repeated, updated_at = j.updated_at,
			status_since = CASE WHEN j.since = 1 THEN j.updated_at ELSE coalesce(ae_reports.status_since, ae_reports.updated_at) END,
			last_error = CASE WHEN j.void = 1 THEN '' ELSE ae_reports.last_error END,
			failed_nights = CASE WHEN j.void = 1 THEN 0 ELSE ae_reports.failed_nights END,
			failed_date = CASE WHEN j.void = 1 THEN '' ELSE ae_reports.failed_date END,
			human_decided = CASE WHEN j.void = 1 THEN 0 ELSE ae_reports.human_decided END`,
		where: "ae_reports.id = j.id",
	}
	newRevisions = insertion{
		table: "report_revisions",
		columns: columns(`report_id bigint, revision bigint, verbatim_version bigint, serious bigint, serious_unknown bigint,
			fields text, import_id text, line bigint, received_at bigint`),
	}
	newVolatile = insertion{
		table:   "report_volatile",
		columns: columns("report_id bigint, fields text, updated_at bigint"),
		tail:    "ON CONFLICT (report_id) DO UPDATE SET fields = excluded.fields, updated_at = excluded.updated_at",
	}
	newVersions = insertion{
		table: "report_versions",
		columns: columns(`report_id bigint, verbatim_version bigint, verbatim text, verbatim_raw bytea, language text,
			import_id text, line bigint, received_at bigint`),
	}
	newImportRows = insertion{
		table:   "import_rows",
		columns: columns("import_number bigint, report_id bigint, line bigint, outcome text"),
		tail:    "ON CONFLICT (import_number, report_id) DO UPDATE SET outcome = excluded.outcome",
	}
)

// flush writes what take decided: each kind of change in one statement.
func (in *intake) flush(ctx context.Context) error {
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"store new reports", in.insertReports},
		{"store changed reports", in.updateReports},
		{"store verbatims", in.insertVersions},
		{"store revisions", in.insertRevisions},
		{"store volatile columns", in.storeVolatile},
		{"close codings that no longer hold", in.voidCodings},
		{"note the import's rows", in.insertImportRows},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// variantKey finds a new report again when the database answers with its id.
type variantKey struct {
	identity report.Identity
	number   int
}

func (in *intake) insertReports(ctx context.Context) error {
	var args []any
	fresh := make(map[variantKey]*admission.Report)
	for _, v := range in.Touched() {
		if v.Before() != nil {
			continue
		}
		fresh[variantKey{v.Identity, v.Variant}] = v
		first, unknown := seriousColumns(v.Serious)
		args = append(args, v.Identity.Source, v.Identity.Study, v.Identity.RecordID, v.Variant, string(v.Status), string(v.Reason),
			v.Version, v.Revision, first, unknown, boolInt(v.Repeated), in.t.now, in.t.now, in.t.now)
	}
	stored := 0
	err := in.t.insert(ctx, newReports, args, func(rows *sql.Rows) error {
		var k variantKey
		var id int64
		if err := rows.Scan(&id, &k.identity.Source, &k.identity.Study, &k.identity.RecordID, &k.number); err != nil {
			return err
		}
		fresh[k].ID = id
		stored++
		return nil
	})
	if err != nil {
		return err
	}
	if stored != len(fresh) {
		return fmt.Errorf("%d of %d were stored", stored, len(fresh))
	}
	for _, v := range in.Touched() {
		if v.Before() == nil {
			in.t.log(entry{actor: actorIntake, action: actionReceived, reportID: v.ID, detail: detail{
				NewStatus: v.Status, NewReason: v.Reason, NewVersion: v.Version, Revision: v.Revision, NewSerious: v.Serious.String(),
				Import: in.importID, Line: v.Line}})
		}
	}
	return nil
}

func (in *intake) updateReports(ctx context.Context) error {
	var args []any
	dirty := 0
	for _, v := range in.Touched() {
		if !v.Changed() {
			continue
		}
		dirty++
		first, unknown := seriousColumns(v.Serious)
		args = append(args, v.ID, string(v.Status), string(v.Reason), v.Version, v.Revision, first, unknown, boolInt(v.Repeated),
			in.t.now, boolInt(v.Void()), boolInt(v.NewVersion() || v.Status != v.Before().Status))
	}
	n, err := in.t.update(ctx, changedReports, args)
	if err != nil {
		return err
	}
	if n != int64(dirty) {
		return fmt.Errorf("%d of %d were stored", n, dirty)
	}
	return nil
}

func (in *intake) insertVersions(ctx context.Context) error {
	var args []any
	for _, v := range in.Touched() {
		if v.NewVersion() {
			var raw any
			if v.Content.Raw != nil {
				raw = v.Content.Raw
			}
			args = append(args, v.ID, v.Version, v.Content.Verbatim, raw, v.Content.Language, in.importID, v.Line, in.t.now)
		}
	}
	return in.t.insert(ctx, newVersions, args, nil)
}

func (in *intake) insertRevisions(ctx context.Context) error {
	var args []any
	for _, v := range in.Touched() {
		if v.NewRevision() {
			first, unknown := seriousColumns(v.Serious)
			args = append(args, v.ID, v.Revision, v.Version, first, unknown, v.Fields, in.importID, v.Line, in.t.now)
		}
	}
	return in.t.insert(ctx, newRevisions, args, nil)
}

func (in *intake) storeVolatile(ctx context.Context) error {
	var args []any
	for _, v := range in.Touched() {
		if v.NewVolatile() {
			args = append(args, v.ID, v.Volatile, in.t.now)
		}
	}
	return in.t.insert(ctx, newVolatile, args, nil)
}

// seriousColumns are the columns serious, which says that a report comes first, and
// serious_unknown. Their sum is the report.Seriousness.
func seriousColumns(s report.Seriousness) (first, unknown int) {
	return boolInt(s.First()), boolInt(s == report.SeriousnessUnknown)
}

// voidCodings makes the codings of changed and doubtful reports history, drops
// their suggestions, and notes in the audit what became of each report.
func (in *intake) voidCodings(ctx context.Context) error {
	var ids []int64
	for _, v := range in.Touched() {
		if v.Void() {
			ids = append(ids, v.ID)
		}
	}
	superseded := make(map[int64][]int64)
	if len(ids) > 0 {
		err := in.t.each(ctx, `UPDATE codings SET superseded_at = $2
			WHERE superseded_at IS NULL AND `+in.t.s.d.in("report_id", "$1")+`
			RETURNING id, report_id`, []any{in.t.s.d.ids(ids), in.t.now}, func(rows *sql.Rows) error {
			var id, reportID int64
			if err := rows.Scan(&id, &reportID); err != nil {
				return err
			}
			superseded[reportID] = append(superseded[reportID], id)
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := in.t.exec(ctx, "DELETE FROM suggestions WHERE "+in.t.s.d.in("report_id", "$1"), in.t.s.d.ids(ids)); err != nil {
			return err
		}
	}
	for _, v := range in.Touched() {
		if !v.Changed() {
			continue
		}
		d := detail{OldStatus: v.Before().Status, OldReason: v.Before().Reason, OldVersion: v.Before().Version,
			NewStatus: v.Status, NewReason: v.Reason, NewVersion: v.Version, Revision: v.Revision,
			Import: in.importID, Line: v.Line, Superseded: superseded[v.ID]}
		if v.Serious != v.Before().Serious {
			d.OldSerious, d.NewSerious = v.Before().Serious.String(), v.Serious.String()
		}
		action := actionFields
		switch {
		case v.NewVersion():
			action = actionVerbatim
		case v.Void():
			action = actionHeld
		case !v.NewRevision():
			action = actionRepeated
		}
		in.t.log(entry{actor: actorIntake, action: action, reportID: v.ID, detail: d})
	}
	return nil
}

func (in *intake) insertImportRows(ctx context.Context) error {
	var args []any
	for _, v := range in.Touched() {
		if v.Renamed() {
			args = append(args, in.importNumber, v.ID, v.FirstLine, string(v.Outcome))
		}
	}
	return in.t.insert(ctx, newImportRows, args, nil)
}
