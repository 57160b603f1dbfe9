package store

import (
	"context"
	"database/sql"
	"fmt"

	"aecode/data-sync/internal/report"
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
			boolInt(v.serious), v.content.language, in.importID, v.line, in.t.now, in.t.now, v.fields)
	}
	stored := 0
	err := in.t.insertRows(ctx, `INSERT INTO reports (source, study, record_id, variant, status, review_reason, verbatim_version,
			serious, language, import_id, import_line, received_at, updated_at, fields)`, 14,
		"RETURNING id, source, study, record_id, variant", args, func(rows *sql.Rows) error {
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
			in.importID, v.line, in.t.now, v.fields, boolInt(v.void))
	}
	// What failed or was decided belongs to the content that went.
	n, err := in.t.execEach(ctx, `UPDATE reports SET status = $2, review_reason = $3, verbatim_version = $4, serious = $5, language = $6,
			import_id = $7, import_line = $8, updated_at = $9, fields = $10,
			last_error = CASE WHEN $11 = 1 THEN '' ELSE last_error END,
			failed_nights = CASE WHEN $11 = 1 THEN 0 ELSE failed_nights END,
			failed_date = CASE WHEN $11 = 1 THEN '' ELSE failed_date END,
			human_decided = CASE WHEN $11 = 1 THEN 0 ELSE human_decided END
		WHERE id = $1`, 11, args)
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
	return in.t.insertRows(ctx, `INSERT INTO report_versions (report_id, verbatim_version, verbatim, verbatim_raw, language,
		import_id, line, received_at)`, 8, "", args, nil)
}

// voidCodings makes the codings of changed and doubtful reports history, drops
// their suggestions, and notes in the audit what became of each report.
func (in *intake) voidCodings(ctx context.Context) error {
	var j keys
	for _, v := range in.touched {
		if v.before != nil && v.void {
			j.addID(v.id)
		}
	}
	superseded := make(map[int64][]int64)
	if j.n > 0 {
		err := in.t.each(ctx, `UPDATE codings SET superseded_at = $2
			WHERE superseded_at IS NULL AND report_id IN `+in.t.s.d.ids("$1")+`
			RETURNING id, report_id`, []any{j.String(), in.t.now}, func(rows *sql.Rows) error {
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
		if _, err := in.t.exec(ctx, "DELETE FROM suggestions WHERE report_id IN "+in.t.s.d.ids("$1"), j.String()); err != nil {
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
	return in.t.insertRows(ctx, "INSERT INTO import_rows (import_number, report_id, line, outcome)", 4,
		"ON CONFLICT (import_number, report_id) DO UPDATE SET outcome = excluded.outcome", args, nil)
}
