package intake

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"aecode/data-sync/internal/intake/lossless"
	"aecode/data-sync/internal/report"
)

// DefaultSource is the source system of a file that names none.
const DefaultSource = "file"

// Options say how to read a batch.
type Options struct {
	Format Format
	// Encoding: empty means UTF8.
	Encoding Encoding
	Mapping  Mapping
	// Separator of a CSV file's cells; 0 means the comma.
	Separator byte
	// Numbers are those of the records in the caller's file, for rows that were
	// converted from another format. Empty: lines are counted.
	Numbers []int64
	// Source system; empty means DefaultSource.
	Source string
}

// Validate reports what cannot be read together.
func (o Options) Validate() error {
	if o.Separator != 0 && strings.IndexByte(Separators, o.Separator) < 0 {
		return faultf("separator", "it must be one of , ; | $ ^ and the tab")
	}
	if o.Separator != 0 && o.Format != CSV {
		return faultf("separator", "only a CSV file has one")
	}
	if o.Encoding == GB18030 && (o.Separator == '|' || o.Separator == '^') {
		return faultf("separator", "a GB18030 character may hold | and ^; convert the file to UTF-8")
	}
	if len(o.Numbers) > 0 && o.Format != CSV {
		return faultf("numbers", "only rows that were converted to CSV have numbers of their own")
	}
	return nil
}

// Parsed is what a batch holds: every raw record is exactly one of Rows or
// Unreadable.
type Parsed struct {
	// Columns in order: a CSV file's header, or the keys of an NDJSON batch as
	// they come first.
	Columns    []string
	Rows       []report.Row
	Unreadable []report.Unreadable
	// Problems name the rows that are held or unreadable, and those that are
	// taken in with something to know. They quote no cell.
	Problems []report.RowProblem
	// Warnings are of the batch, not of a row.
	Warnings []string
}

// Records counts the raw records.
func (p Parsed) Records() int { return len(p.Rows) + len(p.Unreadable) }

// Parse reads one batch of whole raw records, which begins at line firstLine of
// its file (from 1). header is a CSV file's header record as it stands in the
// file. Blank lines are no records. A fault of the whole batch (header, mapping,
// encoding) is an *Error and nothing of it is taken in; a faulty row never is.
//
// A row's cells:
//   - Verbatim, see CheckVerbatim. Fields keep the cell as it came.
//   - Study and record id are trimmed; several record id columns are joined by
//     "|", and none may be empty.
//   - Serious: Y, yes, 1, true, N, no, 0 or false, in any case. Blank, U, NA and
//     the like, and a missing column, are unknown; anything else is unknown, with a
//     problem. Yes in a column of SDTM's criteria (AESDTH, AESLIFE, AESHOSP,
//     AESDISAB, AESCONG, AESMIE) makes the report serious whatever Serious says.
//   - Language: see Language.
//   - Any column whose bytes a text column refuses is kept as lossless.Encode
//     writes them.
//
// An NDJSON record has the keys it has: an absent one is an empty cell. But
// when no record at the beginning of a file has a key that the mapping needs,
// the mapping is at fault, and that is an *Error.
func Parse(header, rows []byte, firstLine int64, o Options) (Parsed, error) {
	return parse(header, rows, firstLine, o, fileBounds)
}

func parse(header, rows []byte, firstLine int64, o Options, b bounds) (Parsed, error) {
	if firstLine < 1 {
		return Parsed{}, faultf("first_line", "lines count from 1")
	}
	if err := o.Validate(); err != nil {
		return Parsed{}, err
	}
	columns, warnings, err := Columns(header, o)
	if err != nil {
		return Parsed{}, err
	}
	r, err := o.Mapping.roles()
	if err != nil {
		return Parsed{}, err
	}
	p := parser{
		options: o,
		roles:   r,
		parsed:  Parsed{Columns: columns, Warnings: warnings},
		folded:  foldAll(columns),
		known:   make(map[string]struct{}),
	}
	p.layout = r.layout(p.folded)
	if p.encoding, err = ParseEncoding(string(o.Encoding)); err != nil {
		return Parsed{}, err
	}
	if p.options.Source == "" {
		p.options.Source = DefaultSource
	}
	if err := p.run(rows, firstLine, b); err != nil {
		return Parsed{}, err
	}
	if o.Format == NDJSON && firstLine == 1 && len(p.parsed.Columns) > 0 {
		if err := r.check(p.parsed.Columns); err != nil {
			return Parsed{}, err
		}
		p.parsed.Warnings = append(p.parsed.Warnings, r.fileWarnings(p.parsed.Columns)...)
	}
	return p.parsed, nil
}

// value is one cell of a record: its bytes as in the file, and as text.
type value struct {
	raw  []byte
	text string
	// bad is why a text column refuses the bytes; text is empty then.
	bad report.Reason
}

func valueOf(raw []byte, text string, valid bool) value {
	switch {
	case !valid:
		return value{raw: raw, bad: report.InvalidUTF8}
	case strings.IndexByte(text, 0) >= 0:
		return value{raw: raw, bad: report.ControlCharacter}
	}
	return value{raw: raw, text: text}
}

type parser struct {
	options  Options
	encoding Encoding
	roles    roles
	parsed   Parsed

	// Of the current record.
	columns []string
	layout  layout
	values  []value
	// folded are the columns as they are compared.
	folded []string
	// NDJSON only.
	pairs []pair
	// known are the keys of the batch so far, folded.
	known map[string]struct{}
	// observe takes the records of EachRecord, in place of row.
	observe func(Record)
}

func (p *parser) run(rows []byte, firstLine int64, b bounds) error {
	scan := scanner{format: p.options.Format, separator: p.options.Separator, bounds: b}
	p.columns = p.parsed.Columns
	numbers := p.options.Numbers
	for line, records := firstLine, 0; ; {
		rec, ok := scan.next(rows, true)
		if !ok {
			if len(numbers) > 0 && records != len(numbers) {
				return faultf("numbers", "there are %d for %d records; give one for each", len(numbers), records)
			}
			return nil
		}
		at := line
		if rec.kind != blankLine {
			if records++; records > MaxBatchRecords {
				return faultf("rows", "there are more than %d records; send them in several batches", MaxBatchRecords)
			}
			if len(numbers) > 0 {
				at = numbers[min(records, len(numbers))-1]
			}
		}
		body := rows[:rec.body]
		switch rec.kind {
		case blankLine:
		case overlongLine:
			p.unreadable(at, body, ReasonLineTooLong, fmt.Sprintf("the line is longer than %d bytes", b.bytes))
		case unbalancedQuote:
			p.unreadable(at, body, ReasonQuote, "a quoted cell does not end as it should; the lines after it are read one by one")
		default:
			if p.options.Format == NDJSON {
				p.object(at, body)
			} else {
				p.cells(at, body, scan.cells)
			}
		}
		rows = rows[rec.size:]
		line += int64(rec.lines)
	}
}

func (p *parser) cells(line int64, body []byte, cells []cell) {
	if len(cells) != len(p.columns) {
		p.unreadable(line, body, ReasonFieldCount, fmt.Sprintf("the row has %d cells, the header has %d", len(cells), len(p.columns)))
		return
	}
	p.values = p.values[:0]
	for _, c := range cells {
		raw := textFormula(c.value(body))
		text, ok := p.encoding.decode(raw)
		p.values = append(p.values, valueOf(raw, text, ok))
	}
	p.row(line, body)
}

// textFormula gives the text of a cell that a program wrote as a formula, such as
// ="0001", so that a spreadsheet would not take it for a number.
func textFormula(cell []byte) []byte {
	if n := len(cell); n >= 3 && cell[0] == '=' && cell[1] == '"' && cell[n-1] == '"' && bytes.IndexByte(cell[2:n-1], '"') < 0 {
		return cell[2 : n-1]
	}
	return cell
}

func (p *parser) object(line int64, body []byte) {
	text := bytes.TrimPrefix(p.encoding.transcode(body), bomUTF8)
	pairs, reason := flatObject(text, p.pairs)
	if reason != "" {
		p.unreadable(line, body, reason, jsonMessages[reason])
		return
	}
	p.pairs = pairs
	p.columns, p.folded, p.values = p.columns[:0], p.folded[:0], p.values[:0]
	for _, kv := range pairs {
		p.columns = append(p.columns, kv.key)
		p.folded = append(p.folded, kv.folded)
		p.values = append(p.values, valueOf(kv.value, string(kv.value), kv.valid))
		if _, ok := p.known[kv.folded]; !ok {
			p.known[kv.folded] = struct{}{}
			p.parsed.Columns = append(p.parsed.Columns, kv.key)
		}
	}
	p.layout = p.roles.layout(p.folded)
	p.row(line, body)
}

// at gives the value of a column, an empty one where the record lacks it.
func (p *parser) at(column int) value {
	if column < 0 {
		return value{}
	}
	return p.values[column]
}

// row makes the current record a row, or unreadable when it has no identity.
func (p *parser) row(line int64, body []byte) {
	if p.observe != nil {
		p.observe(Record{Line: line, Columns: p.folded, values: p.values})
		return
	}
	study, err := p.study()
	if err != nil {
		p.problem(report.RowProblem{Line: line, Field: p.roles.study, Reason: ReasonNoStudy, Message: "the study cannot be used: " + err.Error()})
		p.keep(line, body, ReasonNoStudy)
		return
	}
	parts := make([]string, len(p.layout.id))
	for i, column := range p.layout.id {
		if parts[i], err = identityPart(p.at(column)); err != nil {
			p.noIdentity(line, body, p.roles.id[i], err)
			return
		}
	}
	id := report.Identity{Source: p.options.Source, Study: study, RecordID: joinRecordID(parts)}
	if err := checkIdentityPart(id.RecordID); err != nil {
		p.noIdentity(line, body, strings.Join(p.roles.id, ","), err)
		return
	}
	row := report.Row{Line: line, Identity: id}
	row.Fields, row.Volatile = p.fields()

	if v := p.at(p.layout.verbatim); v.bad != "" {
		row.VerbatimRaw, row.Hold = bytes.Clone(v.raw), v.bad
	} else {
		row.Verbatim, _, row.Hold = CheckVerbatim(v.text)
	}
	if row.Hold != "" {
		p.problem(report.RowProblem{Line: line, Field: p.roles.verbatim, Reason: string(row.Hold), Message: holdMessage(row.Hold), Identity: id})
	}

	var known bool
	row.Serious = p.seriousness(line, id)
	if row.Language, known = Language(p.textOrBad(p.layout.language)); !known {
		p.problem(report.RowProblem{Line: line, Field: p.roles.language, Reason: ReasonLanguageUnknown, Message: "no language code; a person must look at the report", Identity: id})
	}
	p.parsed.Rows = append(p.parsed.Rows, row)
}

// textOrBad gives a cell's text, or, for one that has none, a text that is
// neither a flag nor a language.
func (p *parser) textOrBad(column int) string {
	if v := p.at(column); v.bad == "" {
		return v.text
	}
	return "?"
}

func identityPart(v value) (string, error) {
	if v.bad != "" {
		return "", errors.New("it is not valid in the file's encoding, or holds NUL")
	}
	part := strings.TrimFunc(v.text, invisible)
	return part, checkIdentityPart(part)
}

// study is the record's, or the one of all records.
func (p *parser) study() (string, error) {
	if p.roles.studyValue != "" {
		return p.roles.studyValue, nil
	}
	return identityPart(p.at(p.layout.study))
}

// fields gives the columns that the record keeps, and apart from them the volatile
// ones. A column without a name keeps no empty cell.
func (p *parser) fields() (fields, volatile []report.Field) {
	fields = make([]report.Field, 0, len(p.values))
	for i, v := range p.values {
		text := v.text
		if v.bad != "" {
			text = lossless.Encode(v.raw)
		} else if strings.HasPrefix(text, lossless.Prefix) {
			text = lossless.Encode([]byte(text))
		}
		f := report.Field{Name: p.columns[i], Value: text}
		switch {
		case p.layout.volatile == nil || !p.layout.volatile[i]:
			fields = append(fields, f)
		case text != "" || !unnamed(f.Name):
			volatile = append(volatile, f)
		}
	}
	return fields, volatile
}

func (p *parser) noIdentity(line int64, body []byte, field string, err error) {
	p.problem(report.RowProblem{Line: line, Field: field, Reason: ReasonNoIdentity, Message: "the record id cannot be used: " + err.Error()})
	p.keep(line, body, ReasonNoIdentity)
}

func (p *parser) unreadable(line int64, body []byte, reason, message string) {
	p.problem(report.RowProblem{Line: line, Reason: reason, Message: message})
	p.keep(line, body, reason)
}

func (p *parser) keep(line int64, body []byte, reason string) {
	p.parsed.Unreadable = append(p.parsed.Unreadable, report.Unreadable{Line: line, Raw: bytes.Clone(body), Reason: reason})
}

func (p *parser) problem(problem report.RowProblem) {
	p.parsed.Problems = append(p.parsed.Problems, problem)
}
