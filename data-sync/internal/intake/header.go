package intake

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
)

// Columns reads a CSV file's header as it stands in the file, checks it against
// the mapping, and gives its column names, trimmed, in order, with the warnings
// that Parse would give. For NDJSON, which has no header, it checks the mapping
// alone. Every error is an *Error.
//
// It lets the sending side refuse a file before its first batch is sent.
func Columns(header []byte, o Options) (columns []string, warnings []string, err error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	r, err := o.Mapping.roles()
	if err != nil {
		return nil, nil, err
	}
	encoding, err := ParseEncoding(string(o.Encoding))
	if err != nil {
		return nil, nil, err
	}
	warnings = r.warnings()
	switch o.Format {
	case NDJSON:
		if len(header) > 0 {
			return nil, nil, faultf("header", "an NDJSON file has no header; leave it empty")
		}
		return nil, warnings, nil
	case CSV:
	default:
		return nil, nil, faultf("format", "it must be csv or ndjson")
	}
	if columns, err = readHeader(header, encoding, o.Separator); err != nil {
		return nil, nil, err
	}
	if err := r.check(columns); err != nil {
		return nil, nil, err
	}
	return columns, append(warnings, r.fileWarnings(columns)...), nil
}

// readHeader gives the column names of a header record. Its errors name columns
// by position: in a file without a header they would be a report.
func readHeader(header []byte, encoding Encoding, separator byte) ([]string, error) {
	for _, bom := range [][]byte{bomUTF8, bomGB18030} {
		header = bytes.TrimPrefix(header, bom)
	}
	s := scanner{format: CSV, separator: separator, bounds: fileBounds}
	rec, ok := s.next(header, true)
	switch {
	case !ok, rec.kind == blankLine:
		return nil, faultf("header", "it is empty; a CSV file begins with a line of column names")
	case rec.kind == overlongLine:
		return nil, faultf("header", "it is longer than %d bytes; it cannot be a line of column names", MaxRecordBytes)
	case rec.kind == unbalancedQuote:
		return nil, faultf("header", "it has a quote that is not closed; it cannot be a line of column names")
	case rec.size != len(header):
		return nil, faultf("header", "it must be one record, and %d bytes follow", len(header)-rec.size)
	case len(s.cells) > MaxColumns:
		return nil, faultf("header", "it has %d columns; at most %d can be read", len(s.cells), MaxColumns)
	}
	columns := make([]string, 0, len(s.cells))
	seen := make(map[string]int, len(s.cells))
	for i, c := range s.cells {
		text, ok := encoding.decode(textFormula(c.value(header)))
		if !ok {
			return nil, faultf("header", "the name of column %d is not valid %s; is the encoding right?", i+1, encoding)
		}
		if strings.TrimFunc(text, invisible) == "" {
			// R and pandas write row numbers in a column without a name, and a
			// separator at the end of the line makes one too.
			text = unnamedPrefix + strconv.Itoa(i+1)
		}
		name, problem := columnName(text)
		if problem != "" {
			return nil, faultf("header", "the name of column %d %s", i+1, problem)
		}
		if first, twice := seen[fold(name)]; twice {
			return nil, faultf("header", "columns %d and %d have the same name; every column needs its own", first, i+1)
		}
		seen[fold(name)] = i + 1
		columns = append(columns, name)
	}
	return columns, nil
}

// columnName trims a name and says what is wrong with it, if anything.
func columnName(text string) (name, problem string) {
	name = strings.TrimFunc(text, invisible)
	switch {
	case name == "":
		return "", "is empty; give every column a name"
	case len(name) > MaxColumnBytes:
		return "", "is too long; is the first line of the file its header?"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", "holds a control character or a line end"
	}
	return name, ""
}
