// Package identity finds out, before a file is sent, which columns identify its
// records, and whether those that are named do. It knows no transport.
//
// An identity that is too narrow gives one report to the rows of several events. The
// survey sees that in the whole file: identities that different subjects share, or
// that many rows share. It remembers hashes of cells, never the cells.
package identity

import (
	"hash/maphash"
	"slices"
	"strings"

	"aecode/data-sync/internal/intake"
)

// subjects are the columns that name a subject, the first one that a file has.
var subjects = []string{"usubjid", "subjid"}

// entry is the first row of an identity.
type entry struct {
	line    int64
	subject uint64
	row     uint64
	// rows is how many different rows have the identity.
	rows int32
	// mixed: they are of different subjects.
	mixed bool
}

// Pair is two lines that share an identity.
type Pair struct{ First, Second int64 }

// examples is how many pairs of lines are kept.
const examples = 3

// Set is what a survey finds out about one set of columns, together with the study.
type Set struct {
	// Columns as the caller named them.
	Columns []string
	// Missing is the number of rows in which one of them is blank.
	Missing int64
	// Shared is the number of rows that share their identity with another, different
	// row; Collisions the number of such identities, Mixed of those that rows of
	// different subjects share.
	Shared, Collisions, Mixed int64
	// Pairs are the first three pairs of lines that share an identity; of different
	// subjects, where there are any.
	Pairs []Pair

	folded     []string
	seen       map[uint64]*entry
	mixedPairs bool
}

// Unique reports whether the set identifies every row.
func (s *Set) Unique() bool { return s.Missing == 0 && s.Shared == 0 }

// Survey goes through the records of a file once. It holds about 60 bytes a record
// and set.
type Survey struct {
	// Rows is the number of records seen.
	Rows int64

	seed     maphash.Seed
	study    string
	volatile []string
	sets     []*Set
	entries  []entry
}

// New returns a survey of the sets of columns given. study is the column of the
// study, volatile are the columns that make no difference between rows.
func New(study string, volatile []string, sets ...[]string) *Survey {
	s := &Survey{seed: maphash.MakeSeed(), study: intake.Fold(study)}
	for _, v := range volatile {
		s.volatile = append(s.volatile, intake.Fold(v))
	}
	slices.Sort(s.volatile)
	for _, columns := range sets {
		set := &Set{Columns: columns, seen: make(map[uint64]*entry)}
		for _, c := range columns {
			set.folded = append(set.folded, intake.Fold(c))
		}
		s.sets = append(s.sets, set)
	}
	return s
}

// Set returns what was found out about the set with this number.
func (s *Survey) Set(i int) *Set { return s.sets[i] }

// Add takes one record.
func (s *Survey) Add(r intake.Record) {
	s.Rows++
	row := r.Hash(s.seed, s.volatile)
	subject := uint64(0)
	for _, column := range subjects {
		if slices.Contains(r.Columns, column) {
			subject = maphash.String(s.seed, r.Cell(column))
			break
		}
	}
	for _, set := range s.sets {
		s.add(set, r, row, subject)
	}
}

func (s *Survey) add(set *Set, r intake.Record, row, subject uint64) {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.WriteString(r.Cell(s.study)) // it never fails
	for _, column := range set.folded {
		cell := r.Cell(column)
		if cell == "" {
			set.Missing++
			return // it has no identity; its row is unreadable by itself
		}
		_ = h.WriteByte(0)
		_, _ = h.WriteString(cell)
	}
	key := h.Sum64()
	first, known := set.seen[key]
	switch {
	case !known:
		set.seen[key] = s.entry(entry{line: r.Line, subject: subject, row: row, rows: 1})
		return
	case first.row == row:
		return // a repeat
	}
	if first.rows++; first.rows == 2 {
		set.Collisions++
		set.Shared++
	}
	set.Shared++
	mixed := subject != first.subject
	if mixed && !first.mixed {
		first.mixed = true
		set.Mixed++
	}
	if mixed && !set.mixedPairs {
		set.Pairs, set.mixedPairs = nil, true
	}
	if len(set.Pairs) < examples && (mixed || !set.mixedPairs) {
		set.Pairs = append(set.Pairs, Pair{first.line, r.Line})
	}
}

// entry keeps entries in blocks: a million small allocations cost more.
func (s *Survey) entry(e entry) *entry {
	if len(s.entries) == cap(s.entries) {
		s.entries = make([]entry, 0, 4096)
	}
	s.entries = append(s.entries, e)
	return &s.entries[len(s.entries)-1]
}

// Bounds beyond which an identity is refused: rows that share theirs, of the rows of
// the file.
const (
	sharedShare = 100 // one of so many
	sharedRows  = 10
)

// TooNarrow reports whether so many rows share an identity that it cannot be meant
// as one: those of different subjects, or more than 1 % of all rows and at least 10.
func (s *Survey) TooNarrow(set *Set) bool {
	return set.Mixed > 0 || set.Shared >= sharedRows && set.Shared*sharedShare > s.Rows
}

// Default is the choice of identity columns for a file of a source that has none yet.
type Default struct {
	// Columns identify the records; empty where the user has to say.
	Columns []string
	// Warning is what the user should know about them.
	Warning string
}

// Sets that Choose looks at: a survey for it has them as its sets 0 and 1.
var (
	BySponsorID = []string{"USUBJID", "AESPID"}
	BySequence  = []string{"USUBJID", "AESEQ"}
)

// Choose gives the default for a file with these columns: subject and AESPID where
// AESPID is filled on every row and identifies it, else subject and AESEQ.
func (s *Survey) Choose(columns []string) Default {
	has := func(name string) bool {
		return slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(strings.TrimSpace(c), name) })
	}
	switch {
	case !has("USUBJID"):
		return Default{}
	case has("AESPID") && s.sets[0].Unique():
		return Default{Columns: BySponsorID}
	case has("AESEQ"):
		return Default{Columns: BySequence, Warning: "AESPID does not identify every record of the file, so USUBJID and AESEQ do. " +
			"A re-export may renumber AESEQ: a report whose number changes comes in as a new one. Name columns that never change with --id, if the source has some."}
	}
	return Default{}
}
