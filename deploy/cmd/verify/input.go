package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// The values of -format.
const (
	formatCSV    = "csv"
	formatNDJSON = "ndjson"
)

// maxColumns and maxColumnBytes are the limits of a header and of an object's keys.
const (
	maxColumns     = 1000
	maxColumnBytes = 200
)

// sink takes the rows and unreadable records of a file.
type sink interface {
	begin(name, hash string)
	row(ctx context.Context, r row) error
	// raw is valid only during the call.
	unreadable(ctx context.Context, line int64, raw []byte) error
	flush(ctx context.Context) error
}

var bomUTF8, bomGB18030 = []byte{0xEF, 0xBB, 0xBF}, []byte{0x84, 0x31, 0x95, 0x33}

// readInput gives each record of a file to rows. It fails where the import refuses the
// whole file.
func readInput(ctx context.Context, path string, o options, rows sink) error {
	format := o.format
	if format == "" {
		switch strings.ToLower(filepath.Ext(path)) {
		case ".csv":
			format = formatCSV
		case ".ndjson", ".jsonl":
			format = formatNDJSON
		default:
			return errors.New("the file name extension does not give the format: give -format csv or -format ndjson")
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	seen, err := survey(f)
	if err != nil {
		return err
	}
	if o.encoding != "" {
		seen.encoding = o.encoding
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	rows.begin(filepath.Base(path), seen.hash)
	in := &input{
		r: bufio.NewReaderSize(f, 8*horizon), cutter: cutter{csv: format == formatCSV}, mapping: o.mapping,
		encoding: seen.encoding, rows: rows, line: 1,
	}
	if err := in.all(ctx); err != nil {
		return err
	}
	return rows.flush(ctx)
}

// input reads one file.
type input struct {
	r        *bufio.Reader
	cutter   cutter
	mapping  mapping
	encoding string
	rows     sink
	line     int64

	// columns are the positions of a CSV file's columns, by key; width is their number.
	columns map[string]int
	width   int
	// records counts an NDJSON file's objects; named has the mapped columns that any of
	// them had.
	records int64
	named   map[string]bool
}

func (in *input) all(ctx context.Context) error {
	for _, bom := range [][]byte{bomUTF8, bomGB18030} {
		if start, _ := in.r.Peek(len(bom)); bytes.Equal(start, bom) {
			if _, err := in.r.Discard(len(bom)); err != nil {
				return err
			}
			break
		}
	}
	in.named = make(map[string]bool)
	for {
		buf, err := in.r.Peek(horizon)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read after line %d: %w", in.line, err)
		}
		if len(buf) == 0 {
			break
		}
		rec := in.cutter.cut(buf)
		if err := in.take(ctx, rec, buf[:rec.body]); err != nil {
			return err
		}
		in.line += int64(rec.lines)
		if _, err := in.r.Discard(rec.size); err != nil {
			return err
		}
	}
	switch {
	case in.cutter.csv && in.columns == nil:
		return errors.New("the file is empty: a CSV file begins with a line of column names")
	case !in.cutter.csv && in.records > 0:
		return in.needs(func(column string) bool { return in.named[column] })
	}
	return nil
}

// needs gives the error for a mapped column that the file lacks.
func (in *input) needs(there func(column string) bool) error {
	for _, column := range append([]string{in.mapping.study, in.mapping.verbatim}, in.mapping.id...) {
		if !there(column) {
			return fmt.Errorf("the file has no column %s: give the columns of the import with -id, -study and -verbatim", strings.ToUpper(column))
		}
	}
	return nil
}

func (in *input) take(ctx context.Context, rec record, body []byte) error {
	switch {
	case rec.kind == blank:
		return nil
	case in.cutter.csv && in.columns == nil:
		return in.header(rec)
	case rec.kind == broken:
		return in.rows.unreadable(ctx, in.line, body)
	}
	var at func(string) value
	var ok bool
	if in.cutter.csv {
		at, ok = in.csvRecord()
	} else {
		at, ok = in.jsonRecord(body)
	}
	if ok {
		var r row
		if r, ok = in.mapping.rowOf(at); ok {
			r.line = in.line
			return in.rows.row(ctx, r)
		}
	}
	return in.rows.unreadable(ctx, in.line, body)
}

// header reads the first record. Its errors give the positions of columns, not their
// names: in a file without a header, the first line is a report.
func (in *input) header(rec record) error {
	if rec.kind != whole || len(in.cutter.cells) > maxColumns {
		return fmt.Errorf("line %d is not a line of column names", in.line)
	}
	in.columns, in.width = make(map[string]int), len(in.cutter.cells)
	for i, cell := range in.cutter.cells {
		text, ok := decode(in.encoding, cell)
		name, usable := columnName(text)
		if !ok || !usable {
			return fmt.Errorf("the name of column %d cannot be read", i+1)
		}
		if _, twice := in.columns[name]; twice {
			return fmt.Errorf("column %d has the same name as another column", i+1)
		}
		in.columns[name] = i
	}
	return in.needs(func(column string) bool { _, ok := in.columns[column]; return ok })
}

func (in *input) csvRecord() (at func(string) value, ok bool) {
	cells := in.cutter.cells
	return func(column string) value {
		i, there := in.columns[column]
		if !there {
			return value{}
		}
		text, valid := decode(in.encoding, cells[i])
		return valueOf(cells[i], text, valid)
	}, len(cells) == in.width
}

func (in *input) jsonRecord(body []byte) (at func(string) value, ok bool) {
	values, ok := flatObject(bytes.TrimPrefix(transcode(in.encoding, body), bomUTF8))
	if !ok {
		return nil, false
	}
	in.records++
	return func(column string) value {
		v, there := values[column]
		if there {
			in.named[column] = true
		}
		return v
	}, true
}

// columnName gives the form of a column's name that is compared. ok is false if it
// cannot be a name.
func columnName(text string) (key string, ok bool) {
	trimmed := trimEnds(text)
	return columnKey(trimmed), trimmed != "" && len(trimmed) <= maxColumnBytes && !hasControl(trimmed)
}
