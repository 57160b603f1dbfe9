// Package intake turns files of adverse-event reports into rows that the store
// can take in, and accounts for every record of the file.
//
// It has two halves that share one scanner, so that they cannot disagree on
// where a record ends. The sending half (TakeSurvey, Splitter) knows nothing of the
// meaning of a record: it finds out a file's encoding and cuts it into bounded
// batches of whole raw records. The receiving half (Parse) makes exactly one
// report.Row or one report.Unreadable out of each raw record.
//
// Nothing here quotes a cell in an error or a problem: a cell may hold a
// patient's words. Column names are quoted only where the first line is known
// to be a header.
//
// The package knows no transport and no database.
package intake

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Format is how a file lays out its records.
type Format string

// The formats.
const (
	// CSV is RFC 4180 with a header, a separator, and LF, CRLF or CR line ends.
	CSV Format = "csv"
	// NDJSON is one flat JSON object a line.
	NDJSON Format = "ndjson"
)

// Encoding is a file's character encoding.
type Encoding string

// The encodings.
const (
	UTF8    Encoding = "utf-8"
	GB18030 Encoding = "gb18030"
)

// Bounds on one record. What exceeds them is unreadable: its bytes are kept and
// it is accounted for, but it is no row.
const (
	// MaxRecordBytes is the longest record, in bytes without its line end.
	MaxRecordBytes = 64 << 10
	// MaxRecordLines is how many physical lines a CSV record with line ends in
	// its quoted cells may take.
	MaxRecordLines = 200
)

// MaxBatchRecords is the most records of one batch.
const MaxBatchRecords = 2000

// Separators are the characters that may separate the cells of a CSV file.
const Separators = ",;|$^\t"

// Bounds on what a record holds.
const (
	// MaxVerbatimRunes is the longest verbatim that can be coded.
	MaxVerbatimRunes = 1000
	// MaxColumns bounds the columns of a file.
	MaxColumns = 1000
	// MaxColumnBytes bounds a column's name, in UTF-8.
	MaxColumnBytes = 200
)

// Error is a fault of a whole file or batch: nothing of the batch is taken in.
type Error struct {
	// Field of the request that is at fault, such as "header" or
	// "mapping.record_id".
	Field string
	// Problem says what is wrong and what to do.
	Problem string
}

// Error gives the field and the problem.
func (e *Error) Error() string { return e.Field + ": " + e.Problem }

func faultf(field, format string, args ...any) *Error {
	return &Error{Field: field, Problem: fmt.Sprintf(format, args...)}
}

// FormatOf gives the format that flag names ("csv" or "ndjson"), or, with an
// empty flag, the one that the file name's extension tells. It is an error when
// neither tells.
func FormatOf(flag, fileName string) (Format, error) {
	switch strings.ToLower(strings.TrimSpace(flag)) {
	case "csv":
		return CSV, nil
	case "ndjson", "jsonl":
		return NDJSON, nil
	case "":
	default:
		return "", faultf("format", "there is no format of this name; use csv or ndjson")
	}
	switch strings.ToLower(filepath.Ext(fileName)) {
	case ".csv":
		return CSV, nil
	case ".ndjson", ".jsonl":
		return NDJSON, nil
	case ".xlsx", ".xls", ".xlsm", ".ods":
		return "", faultf("format", "a spreadsheet cannot be read; save it as CSV UTF-8")
	}
	return "", faultf("format", "the file's extension does not tell its format; name it with --format csv or --format ndjson")
}

// ParseEncoding gives the encoding that a request names; empty means UTF8.
func ParseEncoding(name string) (Encoding, error) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8":
		return UTF8, nil
	case "gb18030":
		return GB18030, nil
	}
	return "", faultf("encoding", "only utf-8 and gb18030 can be read; convert the file to UTF-8")
}
