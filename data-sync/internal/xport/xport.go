// Package xport reads one dataset of a SAS transport file (XPT): version 5, which
// SAS technical note TS-140 lays out, and version 8, which SAS 8 and 9 write for
// long names. It gives the rows one at a time, as cells of bytes.
//
// A character cell is the raw bytes without its trailing blanks: the file does not
// declare its encoding, so the caller decides it. A number is the shortest decimal
// that gives its IEEE 754 double, and an integer is exact: 1 is "1". A number whose
// SAS format shows a date, a datetime or a time is in ISO 8601. A missing value,
// plain or special (., ._, .A to .Z), is an empty cell.
//
// # Rows that the layout cannot tell from its end
//
// The last 80-byte record of a dataset is padded with blanks. Version 8 declares its
// rows, and the file must hold exactly so many. Version 5 declares none, and neither
// does version 8 as some releases of ReadStat and haven write it (1.1.8 and 2.5.1). There
// the Reader takes the fewest rows that leave only blanks, at most 79, behind them. So
//
//   - rows of blanks at the end are dropped where they fit into the padding whole. A
//     row of blanks has no number: a missing number is not blank.
//   - a file that was cut exactly behind a row, or within the blanks of a row, at a
//     multiple of 80 bytes, looks whole. Declared tells whether the file could be
//     checked against a count.
//
// Every other cut is an error, ErrCut.
//
// No error quotes a cell: a cell may hold a patient's words. The package knows no
// transport, no database and no framework.
package xport

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds on a file. Each error of a file beyond them names the bound.
const (
	// MaxColumns is the most columns of the dataset that is read.
	MaxColumns = 1000
	// MaxRecordBytes is the longest row, in bytes. It also bounds a cell.
	MaxRecordBytes = 64 << 10
	// MaxDatasets is the most datasets in one file.
	MaxDatasets = 1000
	// MaxLabelsBytes is the longest section of long labels.
	MaxLabelsBytes = 1 << 20
)

// DefaultDataset is the dataset that Open reads where none is named: SDTM's name for
// the adverse events.
const DefaultDataset = "AE"

// ErrCut is in the chain of each error of a file that ends too early.
var ErrCut = errors.New("the file was cut; transfer it again, in binary mode")

// Column is a column of a dataset.
type Column struct {
	Name    string // up to 8 bytes in version 5 and 32 in version 8
	Label   string // may be empty
	Numeric bool
}

// Reader reads the rows of one dataset. It is not safe for concurrent use.
type Reader struct {
	file     *file
	version  int
	dataset  dataset
	columns  []column
	rowBytes int
	rows     int64
	number   int64  // of the last row
	unread   []byte // the rows in the file's window that Next has yet to give
	cells    [][]byte
	numbers  []byte // backs the cells of numbers
}

// Open reads the headers of a transport file of size bytes, and of the dataset named,
// in any case. An empty name is AE or, without AE, the only dataset. Open finds where
// each dataset ends, for which it reads the file once, and checks that the rows of
// this one are whole. It keeps some 300 KiB, plus the columns, however large the file.
func Open(r io.ReaderAt, size int64, name string) (*Reader, error) {
	f := &file{r: r, size: size, window: make([]byte, max(recordBytes, min(size, windowBytes)))}
	version, err := f.version()
	if err != nil {
		return nil, err
	}
	datasets, err := f.datasets(version)
	if err != nil {
		return nil, err
	}
	d, err := choose(datasets, name)
	if err != nil {
		return nil, err
	}
	x := &Reader{file: f, version: version, dataset: d}
	if x.columns, x.rowBytes, err = f.columns(d, version); err != nil {
		return nil, err
	}
	if x.rows, err = f.rows(d, x.rowBytes); err != nil {
		return nil, err
	}
	x.cells = make([][]byte, len(x.columns))
	return x, nil
}

// choose gives the dataset that Open reads.
func choose(all []dataset, name string) (dataset, error) {
	named := func(name string) []dataset {
		var found []dataset
		for _, d := range all {
			if strings.EqualFold(d.name, name) {
				found = append(found, d)
			}
		}
		return found
	}
	wanted := name
	if wanted == "" {
		wanted = DefaultDataset
	}
	found := named(wanted)
	if name == "" && len(found) == 0 {
		found = all
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return dataset{}, fmt.Errorf("the file has no dataset %q; name one of its datasets: %s", wanted, list(all))
	case strings.EqualFold(found[0].name, wanted):
		return dataset{}, fmt.Errorf("byte %d: the file has %d datasets %q; write the file again with one of them", found[1].at, len(found), wanted)
	}
	return dataset{}, fmt.Errorf("the file has %d datasets and none is %s; name one of them: %s", len(all), DefaultDataset, list(all))
}

// list gives the first names of datasets, for an error.
func list(all []dataset) string {
	const most = 20
	var names []string
	for i, d := range all {
		if i == most {
			names = append(names, fmt.Sprintf("and %d more", len(all)-most))
			break
		}
		names = append(names, fmt.Sprintf("%q", d.name))
	}
	return strings.Join(names, ", ")
}

// Columns gives the columns in the order of the cells.
func (x *Reader) Columns() []Column {
	columns := make([]Column, len(x.columns))
	for i, c := range x.columns {
		columns[i] = c.Column
	}
	return columns
}

// Version is 5, or 8 for the layout of SAS 8 and 9.
func (x *Reader) Version() int { return x.version }

// Dataset is the name of the dataset as the file spells it.
func (x *Reader) Dataset() string { return x.dataset.name }

// Rows is the number of rows that Next gives, known from Open on.
func (x *Reader) Rows() int64 { return x.rows }

// Declared tells whether the file declares the number of its rows. Where it does not,
// a file that was cut behind a row looks whole: see the package comment.
func (x *Reader) Declared() bool { return x.dataset.declared != undeclared }

// Number is the observation number of the row that Next gave last, from 1; 0 before
// the first.
func (x *Reader) Number() int64 { return x.number }

// Next gives the cells of the next row, one a column, which are valid until the next
// call. The error is io.EOF behind the last row; any other says which row could not
// be read.
func (x *Reader) Next() ([][]byte, error) {
	if x.number == x.rows {
		return nil, io.EOF
	}
	if len(x.unread) == 0 {
		if err := x.fill(); err != nil {
			return nil, err
		}
	}
	row := x.unread[:x.rowBytes]
	x.unread = x.unread[x.rowBytes:]
	x.number++
	x.numbers = x.numbers[:0]
	for i := range x.columns {
		c := &x.columns[i]
		cell := row[c.at : c.at+c.bytes : c.at+c.bytes]
		if !c.Numeric {
			x.cells[i] = trimBlanks(cell)
			continue
		}
		start := len(x.numbers)
		x.numbers = appendNumber(x.numbers, cell, c.shows)
		x.cells[i] = x.numbers[start:len(x.numbers):len(x.numbers)]
	}
	return x.cells, nil
}

// fill reads the next whole rows into the window, which holds at least one: it is as long
// as the file or longer than the longest row.
func (x *Reader) fill() error {
	length := int64(x.rowBytes)
	part := x.file.window[:min(int64(len(x.file.window))/length, x.rows-x.number)*length]
	at := x.dataset.start + x.number*length
	if err := x.file.read(part, at); err != nil {
		return fmt.Errorf("observation %d of dataset %q: %w", x.number+1, x.dataset.name, err)
	}
	x.unread = part
	return nil
}
