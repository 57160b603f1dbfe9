package intake

import (
	"hash/maphash"
	"slices"
	"strings"
)

// Record is one record of a file as a survey of it sees it, before anybody has said
// which columns identify it. It is valid until the next one.
type Record struct {
	// Line where it begins, or its number in a converted file.
	Line int64
	// Columns as they are compared: trimmed, in lower case.
	Columns []string
	values  []value
}

// Cell gives the trimmed text of a column, by its name as it is compared; empty where
// the record lacks it, or its bytes are not valid text.
func (r Record) Cell(column string) string {
	if i := slices.Index(r.Columns, column); i >= 0 {
		return strings.TrimFunc(r.values[i].text, invisible)
	}
	return ""
}

// Hash is of the names and bytes of all cells but those of the columns left out,
// which are sorted.
func (r Record) Hash(seed maphash.Seed, leftOut []string) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for i, v := range r.values {
		if _, out := slices.BinarySearch(leftOut, r.Columns[i]); out || unnamed(strings.ToUpper(r.Columns[i])) {
			continue
		}
		_, _ = h.WriteString(r.Columns[i]) // it never fails
		_ = h.WriteByte(0)
		_, _ = h.Write(v.raw)
		_ = h.WriteByte(0xFF)
	}
	return h.Sum64()
}

// Fold gives a column's name as it is compared: trimmed, in lower case.
func Fold(column string) string { return fold(column) }

// EachRecord reads a batch as Parse does, and yields each record that can be read
// whatever identifies it. It returns the columns and the number of records that
// cannot be read. The mapping of o is not looked at.
func EachRecord(header, rows []byte, firstLine int64, o Options, yield func(Record)) (columns []string, unreadable int, err error) {
	if err := o.Validate(); err != nil {
		return nil, 0, err
	}
	o.Mapping = Mapping{}
	p := parser{options: o, known: make(map[string]struct{}), observe: yield}
	if p.encoding, err = ParseEncoding(string(o.Encoding)); err != nil {
		return nil, 0, err
	}
	if o.Format == CSV {
		if p.parsed.Columns, err = readHeader(header, p.encoding, o.Separator); err != nil {
			return nil, 0, err
		}
	}
	p.folded = foldAll(p.parsed.Columns)
	if err := p.run(rows, firstLine, fileBounds); err != nil {
		return nil, 0, err
	}
	return p.parsed.Columns, len(p.parsed.Unreadable), nil
}
