package admission_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/admission"
	"aecode/data-sync/internal/report"
)

// database holds reports between the batches of a test, as the store does.
type database struct {
	reports []*admission.Report
	fresh   map[*admission.Report]int // the import that brought the content
}

// batch decides about rows as a batch of an import, and keeps what was decided.
func (d *database) batch(number int, account report.Account, rows []admission.Incoming) ([]admission.Decision, *admission.Batch) {
	b := admission.New(true, account, func(a, b string) bool { return a == b })
	copies := make(map[*admission.Report]int)
	for i, r := range d.reports {
		c := &admission.Report{ID: r.ID, Identity: r.Identity, Variant: r.Variant, State: r.State}
		if d.fresh[r] == number {
			c.SetFresh()
		}
		c.Outcome, c.FirstLine = r.Outcome, r.FirstLine
		copies[c] = i
		b.Know(c)
	}
	decisions := b.Decide(rows)
	for _, r := range b.Touched() {
		if i, known := copies[r]; known {
			before := d.fresh[d.reports[i]]
			d.reports[i], d.fresh[r] = r, before
		} else {
			d.reports = append(d.reports, r)
		}
		if r.NewVersion() {
			d.fresh[r] = number
		}
	}
	return decisions, b
}

// nextImport forgets which reports an import has named.
func (d *database) nextImport() {
	for _, r := range d.reports {
		r.Outcome, r.FirstLine = "", 0
	}
}

// TestNoRowOfAnImportIsReplaced imports random files, cut into random batches, and
// looks for each row of the last one among the reports: with its verbatim, its
// columns and its seriousness, each report for one row only, unless the row is a
// repeat. What an import says of a serious event stays.
func TestNoRowOfAnImportIsReplaced(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := &database{fresh: map[*admission.Report]int{}}
		drawn := rapid.Custom(func(t *rapid.T) row {
			r := row{
				verbatim: rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "verbatim"),
				serious:  rapid.SampledFrom([]report.Seriousness{report.NotSerious, report.Serious, report.SeriousnessUnknown}).Draw(t, "serious"),
			}
			// The columns hold the seriousness too, as those of a file do.
			r.fields = fmt.Sprintf("{%d %v}", rapid.IntRange(1, 3).Draw(t, "columns"), r.serious)
			return r
		})
		for number := range rapid.IntRange(1, 3).Draw(t, "imports") {
			d.nextImport()
			rows := incoming(rapid.SliceOfN(drawn, 1, 8).Draw(t, "rows"))
			var account report.Account
			belongs := make([]*admission.Report, len(rows))
			repeats := make([]bool, len(rows))
			for from := 0; from < len(rows); {
				to := rapid.IntRange(from+1, len(rows)).Draw(t, "cut")
				decisions, b := d.batch(number+1, account, rows[from:to])
				account = b.Account
				for i, dec := range decisions {
					belongs[from+i] = dec.Report
				}
				for _, p := range b.Problems {
					if p.Reason == admission.ReasonRowRepeated {
						repeats[p.Line-2] = true
					}
				}
				from = to
			}
			if !account.Balanced() || account.Rows != int64(len(rows)) {
				t.Fatalf("%d rows, account %+v", len(rows), account)
			}
			used := map[string]int{}
			for i, in := range rows {
				var final *admission.Report
				for _, r := range d.reports {
					if r.Variant == belongs[i].Variant {
						final = r
					}
				}
				if final.Content.Verbatim != in.Row.Verbatim || final.Fields != in.Fields {
					t.Fatalf("row %d of %+v: its report holds %q %s in the end", i, rows, final.Content.Verbatim, final.Fields)
				}
				if in.Row.Serious == report.Serious && final.Serious != report.Serious {
					t.Fatalf("row %d of %+v is serious, its report is not", i, rows)
				}
				if name := fmt.Sprint(final.Variant); !repeats[i] {
					if other, taken := used[name]; taken {
						t.Fatalf("rows %d and %d of %+v belong to one report", other, i, rows)
					}
					used[name] = i
				}
			}
		}
	})
}
