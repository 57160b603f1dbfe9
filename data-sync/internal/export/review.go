package export

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"aecode/data-sync/internal/report"
)

// MaxCandidates is how many candidates a report shows for review.
const MaxCandidates = 5

// Unreadable is a record that is no report, as the review file shows it: where
// it is, and not what it holds.
type Unreadable struct {
	FileName string
	// Line of the file, from 1.
	Line int64
	// Reason is the class, such as "FIELD_COUNT".
	Reason string
}

// ReviewColumns are the columns of the review file: the report, why it is there,
// the place of an unreadable record, and for each candidate i from 1 to
// MaxCandidates its LLT, PT and SOC, its score with three decimals, the step
// that found it, and the reason for its rank.
func ReviewColumns() []string {
	columns := slices.Clone(reviewLead)
	for i := 1; i <= MaxCandidates; i++ {
		for _, what := range candidateParts {
			columns = append(columns, fmt.Sprintf("CAND%d_%s", i, what))
		}
	}
	return columns
}

var (
	reviewLead     = []string{"SOURCE", "STUDYID", "RECORDID", "VARIANT", "AESER", "AETERM", "LANG", "STATUS", "REASON", "LASTERROR", "FILE", "LINE"}
	candidateParts = []string{"LLT", "LLTCD", "PT", "PTCD", "SOC", "SCORE", "METHOD", "REASON"}
)

// WriteReview writes what a person must decide: the reports that each gives, in
// its order (serious ones first is its business), then the unreadable records,
// whose REASON is UNREADABLE: and their class. unreadable may be nil.
//
// AETERM is the verbatim that is to be decided on; AESER is Y or N as it was
// understood.
//
// It ends at the first error of an iterator, of w or of ctx; what is written by
// then is not a whole file.
func WriteReview(ctx context.Context, w io.Writer, each Each[report.Report], unreadable Each[Unreadable]) error {
	columns := ReviewColumns()
	t := newTable(w)
	if err := t.write(columns); err != nil {
		return err
	}
	cells := make([]string, 0, len(columns))
	err := each(ctx, func(r report.Report) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		cells = reviewCells(cells[:0], r)
		return t.write(cells)
	})
	if err != nil {
		return err
	}
	if unreadable != nil {
		err := unreadable(ctx, func(u Unreadable) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			cells = append(cells[:0], "", "", "", "", "", "", "", "", "UNREADABLE:"+u.Reason, "", u.FileName, strconv.FormatInt(u.Line, 10))
			return t.write(pad(cells, len(columns)))
		})
		if err != nil {
			return err
		}
	}
	return t.end()
}

func reviewCells(cells []string, r report.Report) []string {
	cells = append(cells,
		r.Identity.Source, r.Identity.Study, r.Identity.RecordID, strconv.Itoa(r.Variant), r.Serious.String(), verbatim(r), r.Language,
		string(r.Status), string(r.Reason), r.LastError, "", "")
	for _, c := range r.Candidates[:min(len(r.Candidates), MaxCandidates)] {
		cells = append(cells, c.LLT.Name, c.LLT.Code, c.PT.Name, c.PT.Code, c.SOC.Name, strconv.FormatFloat(c.Score, 'f', 3, 64), c.Method, c.Reason)
	}
	return pad(cells, len(reviewLead)+MaxCandidates*len(candidateParts))
}

func pad(cells []string, n int) []string {
	for len(cells) < n {
		cells = append(cells, "")
	}
	return cells
}
