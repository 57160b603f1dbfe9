package store

import (
	"context"
	"database/sql"
	"fmt"

	"aecode/data-sync/internal/report"
)

var (
	newReports = insertion{
		table: "reports",
		columns: columns(`source text, study text, record_id text, variant bigint, status text, review_reason text,
			verbatim_version bigint, serious bigint, language text, import_id text, import_line bigint,
			received_at bigint, updated_at bigint, status_since bigint, fields text`),
		tail: "RETURNING id, source, study, record_id, variant",
	}
	// What failed or was decided belongs to the content that went.
	changedReports = change{
		table: "reports",
		columns: columns(`id bigint, status text, review_reason text, verbatim_version bigint, serious bigint, language text,
			import_id text, import_line bigint, updated_at bigint, fields text, void bigint, since bigint`),
		set: `status = j.status, review_reason = j.review_reason, verbatim_version = j.verbatim_version, serious = j.serious,
			language = j.language, import_id = j.import_id, import_line = j.import_line, updated_at = j.updated_at, fields = j.fields,
			status_since = CASE WHEN j.since = 1 THEN j.updated_at ELSE coalesce(reports.status_since, reports.updated_at) END,
			last_error = CASE WHEN j.void = 1 THEN '' ELSE reports.last_error END,
			failed_nights = CASE WHEN j.void = 1 THEN 0 ELSE reports.failed_nights END,
			failed_date = CASE WHEN j.void = 1 THEN '' ELSE reports.failed_date END,
			human_decided = CASE WHEN j.void = 1 THEN 0 ELSE reports.human_decided END`,
		where: "reports.id = j.id",
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
	fresh := make(map[variantKey]*variant)
	for _, v := range in.touched {
		if v.before != nil {
			continue
		}
		fresh[variantKey{v.identity, v.number}] = v
		args = append(args, v.identity.Source, v.identity.Study, v.identity.RecordID, v.number, string(v.status), string(v.reason), 1,
			boolInt(v.serious), v.content.language, in.importID, v.line, in.t.now, in.t.now, in.t.now, v.fields)
	}
	stored := 0
	err := in.t.insert(ctx, newReports, args, func(rows *sql.Rows) error {
		var k variantKey
		var id int64
		if err := rows.Scan(&id, &k.identity.Source, &k.identity.Study, &k.identity.RecordID, &k.number); err != nil {
			return err
		}
		fresh[k].id = id
		stored++
		return nil
	})
	if err != nil {
		return err
	}
	if stored != len(fresh) {
		return fmt.Errorf("%d of %d were stored", stored, len(fresh))
	}
	for _, v := range in.touched {
		if v.before == nil {
			in.t.log(entry{actor: actorIntake, action: actionReceived, reportID: v.id, detail: detail{
				NewStatus: v.status, NewReason: v.reason, NewVersion: 1, Import: in.importID, Line: v.line}})
		}
	}
	return nil
}

func (in *intake) updateReports(ctx context.Context) error {
	var args []any
	dirty := 0
	for _, v := range in.touched {
		if v.before == nil || !v.dirty {
			continue
		}
		dirty++
		args = append(args, v.id, string(v.status), string(v.reason), v.version, boolInt(v.serious), v.content.language,
			in.importID, v.line, in.t.now, v.fields, boolInt(v.void), boolInt(v.newVersion || v.status != v.before.status))
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
	for _, v := range in.touched {
		if v.before == nil || v.newVersion {
			var raw any
			if v.content.raw != nil {
				raw = v.content.raw
			}
			args = append(args, v.id, v.version, v.content.verbatim, raw, v.content.language, in.importID, v.line, in.t.now)
		}
	}
	return in.t.insert(ctx, newVersions, args, nil)
}

// voidCodings makes the codings of changed and doubtful reports history, drops
// their suggestions, and notes in the audit what became of each report.
func (in *intake) voidCodings(ctx context.Context) error {
	var ids []int64
	for _, v := range in.touched {
		if v.before != nil && v.void {
			ids = append(ids, v.id)
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
	for _, v := range in.touched {
		if v.before == nil || !v.dirty {
			continue
		}
		d := detail{OldStatus: v.before.status, OldReason: v.before.reason, OldVersion: v.before.version,
			NewStatus: v.status, NewReason: v.reason, NewVersion: v.version,
			Import: in.importID, Line: v.line, Superseded: superseded[v.id]}
		if v.serious != v.before.serious {
			d.OldSerious, d.NewSerious = &v.before.serious, &v.serious
		}
		action := actionFields
		switch {
		case v.newVersion:
			action = actionVerbatim
		case v.void:
			action = actionHeld
		}
		in.t.log(entry{actor: actorIntake, action: action, reportID: v.id, detail: d})
	}
	return nil
}

func (in *intake) insertImportRows(ctx context.Context) error {
	var args []any
	for _, v := range in.touched {
		if v.seenNew {
			args = append(args, in.importNumber, v.id, v.firstLine, string(v.outcome))
		}
	}
	return in.t.insert(ctx, newImportRows, args, nil)
}
