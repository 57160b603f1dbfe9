package admission

import (
	"fmt"
	"slices"

	"aecode/data-sync/internal/report"
)

// contentKey is a Content as a key of a map.
type contentKey struct{ verbatim, raw, language string }

func keyOf(c Content) contentKey { return contentKey{c.Verbatim, string(c.Raw), c.Language} }

// rowKey is all of a row that is compared.
type rowKey struct {
	contentKey
	serious report.Seriousness
	fields  string
}

// group is one identity: its reports, and the rows of the batch that name it.
type group struct {
	*Batch
	// reports are in the order of their variants.
	reports []*Report
	// byContent holds the reports of each content, in the order of their variants.
	byContent map[contentKey][]*Report
	// free are the reports that the import has not named, in the order of their
	// variants; a report that a row took is skipped by its taken flag.
	free []*Report
	// before is the class of the identity in the import before this batch, with
	// the number of reports named.
	before class
	named  int
}

// class is how the rows of an import that name one identity compare.
type class uint8

const (
	// single: there is one, or none.
	single class = iota
	// repeated: all have the same verbatim and language.
	repeated
	// differing: their verbatims or languages differ.
	differing
)

func newGroup(b *Batch, reports []*Report) *group {
	g := &group{Batch: b, reports: reports, byContent: make(map[contentKey][]*Report, len(reports))}
	for _, r := range reports {
		k := keyOf(r.Content)
		g.byContent[k] = append(g.byContent[k], r)
		if r.Outcome == "" {
			g.free = append(g.free, r)
		}
	}
	g.before, g.named = g.classify()
	return g
}

// classify compares the reports that the import has named.
func (g *group) classify() (class, int) {
	var first *Report
	c, named := single, 0
	for _, r := range g.reports {
		if r.Outcome == "" {
			continue
		}
		named++
		switch {
		case first == nil:
			first = r
		case !first.Content.Equal(r.Content):
			c = differing
		case c == single:
			c = repeated
		}
	}
	return c, named
}

// decide decides about the rows with the indexes given.
func (g *group) decide(rows []Incoming, indexes []int, decisions []Decision) {
	left := g.matchEqual(rows, indexes, decisions)
	left = g.matchContent(rows, left, decisions)
	for _, i := range left {
		decisions[i] = g.place(rows[i])
	}
	if !g.inImport {
		return
	}
	g.compare()
	for _, i := range indexes {
		if d := &decisions[i]; d.Report.FirstLine == rows[i].Row.Line {
			d.Outcome = d.Report.Outcome // a later row may have had it held
		}
	}
}

// matchEqual finds the rows that equal a report, or an earlier row. It returns the
// indexes of the others.
func (g *group) matchEqual(rows []Incoming, indexes []int, decisions []Decision) (left []int) {
	first := make(map[rowKey]int, len(indexes))
	var repeats []int
	equal := make(map[int]int)
	for _, i := range indexes {
		in := rows[i]
		content, _ := ContentOf(in.Row)
		key := rowKey{keyOf(content), in.Row.Serious, in.Fields}
		if earlier, ok := first[key]; ok && g.inImport {
			repeats = append(repeats, i)
			equal[i] = earlier
			continue
		}
		first[key] = i
		r, repeat := g.equalTo(key)
		switch {
		case r == nil:
			left = append(left, i)
		case repeat:
			g.repeat(r, in, r.FirstLine)
			decisions[i] = Decision{r, report.Unchanged}
		default:
			g.take(r)
			decisions[i] = Decision{r, g.finish(r, in, report.Unchanged)}
		}
	}
	if len(repeats) == 0 {
		return left
	}
	// The rows that they repeat have their reports first.
	left = g.matchContent(rows, left, decisions)
	for _, i := range left {
		decisions[i] = g.place(rows[i])
	}
	for _, i := range repeats {
		r := decisions[equal[i]].Report
		g.repeat(r, rows[i], rows[equal[i]].Row.Line)
		decisions[i] = Decision{r, report.Unchanged}
	}
	return nil
}

// equalTo gives a report that the row of this key equals, one that the import has
// not named if there is one; else repeat is true.
func (g *group) equalTo(key rowKey) (r *Report, repeat bool) {
	var named *Report
	for _, r := range g.byContent[key.contentKey] {
		if r.Fields != key.fields || r.Serious.With(key.serious) != r.Serious {
			continue
		}
		if !g.inImport || r.Outcome == "" {
			return r, false
		}
		named = r
	}
	return named, named != nil
}

// matchContent finds, for rows in file order, a report with their verbatim and
// language that the import has not named. It returns the indexes of the others.
func (g *group) matchContent(rows []Incoming, indexes []int, decisions []Decision) (left []int) {
	for _, i := range indexes {
		content, _ := ContentOf(rows[i].Row)
		list := g.byContent[keyOf(content)]
		at := slices.IndexFunc(list, func(r *Report) bool { return !g.inImport || r.Outcome == "" })
		if at < 0 {
			left = append(left, i)
			continue
		}
		r := list[at]
		g.take(r)
		decisions[i] = Decision{r, g.revise(r, rows[i])}
	}
	return left
}

// take keeps r from being matched again in this import.
func (g *group) take(r *Report) { r.taken = true }

// revise gives a report the other columns of a row with its verbatim.
func (g *group) revise(r *Report, in Incoming) report.Outcome {
	serious := r.Serious.With(in.Row.Serious)
	if serious == r.Serious && (r.Fields == in.Fields || g.sameFields(r.Fields, in.Fields)) {
		return g.finish(r, in, report.Unchanged)
	}
	g.fell(r, in.Row, serious)
	g.touch(r)
	r.change = max(r.change, newRevision)
	r.Serious, r.Fields, r.Line = serious, in.Fields, in.Row.Line
	r.Revision++
	return g.finish(r, in, report.Changed)
}

// place is for a row whose verbatim no free report of its identity has.
func (g *group) place(in Incoming) Decision {
	content, hold := ContentOf(in.Row)
	state := State{Version: 1, Revision: 1, Content: content, Serious: in.Row.Serious, Fields: in.Fields, Line: in.Row.Line}
	r := g.changedBy(content)
	switch {
	case len(g.reports) == 0:
		r = g.add(in.Row.Identity, 0, state, hold)
	case r == nil:
		r = g.add(in.Row.Identity, g.reports[len(g.reports)-1].Variant+1, state, g.variantHold(hold))
	default:
		g.take(r)
		g.touch(r)
		state.Serious = r.Serious.With(state.Serious)
		g.fell(r, in.Row, state.Serious)
		state.Version, state.Revision = r.Version+1, r.Revision+1
		state.Volatile, state.Repeated = r.Volatile, r.Repeated
		r.State = state
		r.Status, r.Reason = standing(hold)
		r.change, r.void, r.fresh = newVersion, true, true
	}
	outcome := report.New
	switch {
	case r.Status == report.Review:
		outcome = report.Held
		if r.Reason == report.InvalidUTF8 && in.Row.Hold == "" {
			g.problem(r, in.Row.Line, "verbatim", string(r.Reason), "the verbatim is not valid text; its bytes are kept")
		}
		if r.Reason == report.DuplicateIdentity {
			g.duplicate(r, in.Row.Line)
		}
	case r.before != nil:
		outcome = report.Changed
	}
	return Decision{r, g.finish(r, in, outcome)}
}

// changedBy gives the report that a row with another verbatim changes; nil where
// it makes a further report.
func (g *group) changedBy(content Content) *Report {
	if slices.ContainsFunc(g.byContent[keyOf(content)], func(r *Report) bool { return g.inImport && r.Outcome != "" }) {
		return nil // its verbatim has been here: it is a further row of the same kind
	}
	var free []*Report
	waiting := 0
	for _, r := range g.free {
		if r.taken || g.inImport && r.Outcome != "" {
			continue
		}
		free = append(free, r)
		if r.duplicate() {
			waiting++
		}
	}
	if len(free) == 0 || waiting > 1 {
		return nil
	}
	for _, fits := range []func(*Report) bool{
		func(r *Report) bool { return r.Status != report.Withdrawn && r.Reason != report.DuplicateIdentity },
		func(r *Report) bool { return r.Status != report.Withdrawn },
	} {
		if i := slices.IndexFunc(free, fits); i >= 0 {
			return free[i]
		}
	}
	return free[0]
}

// variantHold is why a further report of the identity is held at once: others of
// it wait as duplicates already. compare holds it for what the import brings.
func (g *group) variantHold(hold report.Reason) report.Reason {
	if slices.ContainsFunc(g.reports, func(r *Report) bool { return r.duplicate() && !r.taken && r.Outcome == "" }) {
		return report.DuplicateIdentity
	}
	return hold
}

func (g *group) add(identity report.Identity, variant int, state State, hold report.Reason) *Report {
	r := &Report{Identity: identity, Variant: variant, State: state, fresh: true, taken: true}
	r.Status, r.Reason = standing(hold)
	g.reports = append(g.reports, r)
	k := keyOf(state.Content)
	g.byContent[k] = append(g.byContent[k], r)
	g.touch(r)
	return r
}

// finish notes that the import has named the report, keeps the row's volatile
// columns, and counts the row.
func (g *group) finish(r *Report, in Incoming, outcome report.Outcome) report.Outcome {
	g.keepVolatile(r, in)
	g.count(outcome, 1)
	if g.inImport {
		g.touch(r)
		r.Outcome, r.FirstLine, r.renamed = outcome, in.Row.Line, true
	}
	return outcome
}

func (g *group) repeat(r *Report, in Incoming, first int64) {
	g.keepVolatile(r, in)
	g.count(report.Unchanged, 1)
	g.Account.Repeats++
	g.problem(r, in.Row.Line, "", ReasonRowRepeated, fmt.Sprintf("the row equals the row of line %d; it is counted and makes no report of its own", first))
}

func (g *group) keepVolatile(r *Report, in Incoming) {
	if in.Volatile != "" && in.Volatile != r.Volatile {
		g.touch(r)
		r.Volatile, r.newVolatile = in.Volatile, true
	}
}

func (g *group) fell(r *Report, row report.Row, serious report.Seriousness) {
	if r.Serious == report.Serious && serious == report.NotSerious {
		g.problem(r, row.Line, "seriousness", ReasonSeriousnessFell, "the report was serious; its source now says that it is not")
	}
}

// compare holds or marks the reports of an identity that the import has named more
// than once, and counts them.
func (g *group) compare() {
	after, named := g.classify()
	if after == repeated {
		g.mark()
	}
	if after == differing && slices.ContainsFunc(g.reports, func(r *Report) bool { return r.Outcome != "" && r.fresh }) {
		for _, r := range g.reports {
			if r.Outcome != "" {
				g.hold(r)
			}
		}
	}
	for _, c := range []struct {
		class class
		count *int64
	}{{repeated, &g.Account.IdentityRepeated}, {differing, &g.Account.DuplicateIdentity}} {
		if g.before == c.class {
			*c.count -= int64(g.named)
		}
		if after == c.class {
			*c.count += int64(named)
		}
	}
}

// mark marks the reports that the import has named as IDENTITY_REPEATED, and lists
// the rows that are so since this batch.
func (g *group) mark() {
	for _, r := range g.reports {
		if r.Outcome == "" {
			continue
		}
		if !r.Repeated {
			g.touch(r)
			r.Repeated = true
			r.change = max(r.change, standingOnly)
		}
		if g.before != repeated || r.renamed {
			g.problem(r, r.FirstLine, "record_id", ReasonIdentityRepeated,
				"the file has further rows with this identity and verbatim that differ elsewhere; all are kept and coded")
		}
	}
}

// hold makes a row of this import a duplicate: its outcome moves to held in the
// account, and its coding is not trusted any more.
func (g *group) hold(r *Report) {
	if !r.duplicate() {
		g.touch(r)
		r.change, r.void = max(r.change, standingOnly), true
		r.Status, r.Reason = report.Review, report.DuplicateIdentity
	} else if r.Outcome == report.Held && !r.renamed {
		return // by an earlier batch
	}
	if r.Outcome != report.Held {
		g.touch(r)
		g.count(r.Outcome, -1)
		g.count(report.Held, 1)
		r.Outcome, r.renamed = report.Held, true
	}
	g.duplicate(r, r.FirstLine)
}

func (g *group) duplicate(r *Report, line int64) {
	if r.told {
		return
	}
	r.told = true
	g.problem(r, line, "record_id", string(report.DuplicateIdentity),
		"the import gives more than one verbatim under this identity; all are kept and wait for a person")
}
