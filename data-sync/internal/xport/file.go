package xport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// recordBytes is the length of a record of the file. Every header and the data of every
// dataset begin at a multiple of it.
const recordBytes = 80

// undeclared is the row count of a dataset whose header declares none.
const undeclared = -1

// file is the transport file.
type file struct {
	r      io.ReaderAt
	size   int64
	window []byte // what find and Next read the data into, for find's use until Next
}

// windowBytes is about how much of the data is read at a time. A row fits in.
const windowBytes = 256 << 10 / recordBytes * recordBytes

// dataset is where a dataset of the file is: SAS calls it a member.
type dataset struct {
	name        string
	at          int64 // the member header
	names       int64 // the first description of a column (NAMESTR)
	count       int64 // of the columns, as the header declares it
	nameBytes   int64 // of a description
	labels      int64 // the section of long labels behind its header; 0: none
	labelsLong  bool  // the section is LABELV9, which has formats too
	labelsCount string
	obs         int64 // the header of the observations
	declared    int64 // rows, or undeclared
	start, end  int64 // the rows with their padding
}

// read fills p from byte at.
func (f *file) read(p []byte, at int64) error {
	if at > f.size-int64(len(p)) {
		return fmt.Errorf("byte %d: the file ends within what begins at byte %d: %w", f.size, at, ErrCut)
	}
	n, err := f.r.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil, errors.Is(err, io.EOF):
		return fmt.Errorf("byte %d: the file got shorter while it was read: %w", at+int64(n), ErrCut)
	}
	return fmt.Errorf("byte %d: the file cannot be read; try again: %w", at+int64(n), err)
}

// header gives the header record at byte at: its name and the 30 characters behind it.
func (f *file) header(at int64) (name, numbers string, err error) {
	var p [recordBytes]byte
	if err := f.read(p[:], at); err != nil {
		return "", "", err
	}
	name, ok := headerName(p[:])
	if !ok {
		return "", "", fmt.Errorf("byte %d: a header record is missing here; transfer the file again in binary mode, or have it written again", at)
	}
	return name, string(p[48:78]), nil
}

// headerName gives the name in a header record; ok is false of any other record.
func headerName(p []byte) (name string, ok bool) {
	const before, behind = "HEADER RECORD*******", "HEADER RECORD!!!!!!!"
	if len(p) < recordBytes || string(p[:20]) != before || string(p[28:48]) != behind {
		return "", false
	}
	return strings.TrimRight(string(p[20:28]), " "), true
}

// expect reads the header record at byte at, which must be of this name.
func (f *file) expect(at int64, name string) (numbers string, err error) {
	found, numbers, err := f.header(at)
	if err == nil && found != name {
		err = fmt.Errorf("byte %d: the header record is %q and should be %q; have the file written again", at, found, name)
	}
	return numbers, err
}

// version reads the header of the library.
func (f *file) version() (int, error) {
	start := make([]byte, max(0, min(f.size, recordBytes)))
	if err := f.read(start, 0); err != nil {
		return 0, err
	}
	name, ok := headerName(start)
	const library, library8 = "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "HEADER RECORD*******LIBV8   HEADER RECORD!!!!!!!"
	isCut := len(start) < recordBytes && (samePrefix(start, library) || samePrefix(start, library8))
	switch {
	case len(start) == 0:
		return 0, fmt.Errorf("byte 0: the file is empty: %w", ErrCut)
	case isCut, ok && f.size%recordBytes != 0:
		return 0, fmt.Errorf("byte %d: the file ends within a record of %d bytes, or its writer did not pad it: %w", f.size, recordBytes, ErrCut)
	case ok && name == "LIBRARY":
		return 5, nil
	case ok && name == "LIBV8":
		return 8, nil
	case bytes.HasPrefix(start, []byte("**COMPRESSED**")), bytes.HasPrefix(start, []byte("LIB CONTROL")):
		return 0, errors.New("byte 0: the file is of PROC CPORT; write it with the XPORT engine or the macro %LOC2XPT")
	case bytes.Contains(start, []byte("\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c")):
		return 0, errors.New("byte 0: the file is a SAS dataset (sas7bdat); write it with the XPORT engine or the macro %LOC2XPT")
	}
	return 0, errors.New("byte 0: the file is not a SAS transport file of version 5 or 8: it does not begin with their header record")
}

func samePrefix(p []byte, s string) bool {
	n := min(len(p), len(s))
	return string(p[:n]) == s[:n]
}

// datasets finds every dataset of the file.
func (f *file) datasets(version int) ([]dataset, error) {
	var all []dataset
	at := int64(3 * recordBytes) // behind the header of the library and its two records
	for at < f.size {
		if len(all) == MaxDatasets {
			return nil, fmt.Errorf("byte %d: the file has more than %d datasets; write the adverse events to a file of their own", at, MaxDatasets)
		}
		d, err := f.describe(at, version)
		if err != nil {
			return nil, fmt.Errorf("dataset %d of the file: %w", len(all)+1, err)
		}
		all = append(all, d)
		at = d.end
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("byte %d: the file ends before its first dataset: %w", f.size, ErrCut)
	}
	return all, nil
}

// describe reads the headers of the dataset whose member header is at byte at, and finds
// its end.
func (f *file) describe(at int64, version int) (dataset, error) {
	member, descriptor, names, obs := "MEMBER", "DSCRPTR", "NAMESTR", "OBS"
	nameBytes := 8
	if version == 8 {
		member, descriptor, names, obs = "MEMBV8", "DSCPTV8", "NAMSTV8", "OBSV8"
		nameBytes = 32
	}
	d := dataset{at: at}
	numbers, err := f.expect(at, member)
	if err != nil {
		return d, err
	}
	if d.nameBytes, err = decimal(numbers[26:]); err != nil || d.nameBytes != 140 && d.nameBytes != 136 {
		return d, fmt.Errorf("byte %d: the header declares descriptions of columns of %q bytes and should say 140 or 136; have the file written again", at+74, numbers[26:])
	}
	if _, err = f.expect(at+recordBytes, descriptor); err != nil {
		return d, err
	}
	var record [2 * recordBytes]byte
	if err = f.read(record[:], at+2*recordBytes); err != nil {
		return d, err
	}
	d.name = trimText(record[8 : 8+nameBytes])
	if numbers, err = f.expect(at+4*recordBytes, names); err != nil {
		return d, err
	}
	if d.count, err = decimal(numbers[:10]); err != nil {
		return d, fmt.Errorf("byte %d: the number of columns of dataset %q is %q; have the file written again", at+4*recordBytes+48, d.name, numbers[:10])
	}
	d.names = at + 5*recordBytes
	if d.obs, err = f.observations(&d, obs, version); err != nil {
		return d, err
	}
	d.start = d.obs + recordBytes
	d.end, err = f.find(d.start, member)
	return d, err
}

// observations finds the header of the observations, and the labels before it.
func (f *file) observations(d *dataset, obs string, version int) (int64, error) {
	at := roundUp(d.names + d.count*d.nameBytes)
	if at > f.size-recordBytes {
		return 0, fmt.Errorf("byte %d: the descriptions of the %d columns of dataset %q end behind the file: %w", f.size, d.count, d.name, ErrCut)
	}
	name, numbers, err := f.header(at)
	if err != nil {
		return 0, err
	}
	if version == 8 && (name == "LABELV8" || name == "LABELV9") {
		d.labels, d.labelsLong, d.labelsCount = at+recordBytes, name == "LABELV9", numbers
		if at, err = f.find(d.labels, obs); err != nil {
			return 0, err
		}
		if at == f.size {
			return 0, fmt.Errorf("byte %d: the file ends within the labels of dataset %q: %w", f.size, d.name, ErrCut)
		}
		name, numbers, err = f.header(at)
		if err != nil {
			return 0, err
		}
	}
	if name != obs {
		return 0, fmt.Errorf("byte %d: the header record is %q and should be %q; have the file written again", at, name, obs)
	}
	// SAS puts the number of rows into the first 15 characters, or zeros where it knows none.
	d.declared = undeclared
	if rows := strings.TrimSpace(numbers[:15]); rows != "" && rows != strings.Repeat("0", 15) {
		if d.declared, err = decimal(rows); err != nil {
			return 0, fmt.Errorf("byte %d: the number of rows of dataset %q is %q; have the file written again", at+48, d.name, rows)
		}
	}
	return at, nil
}

// find gives the first header record of this name from byte at on, or the file's end.
func (f *file) find(at int64, name string) (int64, error) {
	wanted := fmt.Appendf(nil, "HEADER RECORD*******%-8sHEADER RECORD!!!!!!!", name)
	for at < f.size {
		part := f.window[:min(int64(len(f.window)), f.size-at)]
		if err := f.read(part, at); err != nil {
			return 0, err
		}
		for i := 0; i < len(part); i += recordBytes {
			if part[i] == 'H' && bytes.HasPrefix(part[i:], wanted) {
				return at + int64(i), nil
			}
		}
		at += int64(len(part))
	}
	return f.size, nil
}

// rows gives the number of rows of a dataset, and checks that its bytes are these rows
// and their padding.
func (f *file) rows(d dataset, rowBytes int) (int64, error) {
	length, all := int64(rowBytes), d.end-d.start
	if all == 0 && d.declared <= 0 {
		return 0, nil
	}
	var last [recordBytes]byte
	blanks := int64(0)
	if all > 0 {
		if err := f.read(last[:], d.end-recordBytes); err != nil {
			return 0, err
		}
		blanks = int64(min(len(last)-len(trimBlanks(last[:])), recordBytes-1))
	}
	if d.declared != undeclared {
		if d.declared > all/length {
			return 0, fmt.Errorf("byte %d: dataset %q declares %d rows of %d bytes and holds %d: %w",
				d.end, d.name, d.declared, length, all/length, ErrCut)
		}
		if all-d.declared*length > blanks {
			return 0, fmt.Errorf("byte %d: dataset %q declares %d rows of %d bytes and has more than blanks behind them; have the file written again",
				d.start+d.declared*length, d.name, d.declared, length)
		}
		return d.declared, nil
	}
	rows := (all - blanks + length - 1) / length
	if rows*length > all {
		return 0, fmt.Errorf("byte %d: observation %d of dataset %q ends within its %d bytes: %w", d.end, rows, d.name, length, ErrCut)
	}
	return rows, nil
}

// roundUp gives the first multiple of a record's length from n on.
func roundUp(n int64) int64 { return (n + recordBytes - 1) / recordBytes * recordBytes }

// decimal reads a number of digits, with blanks around it.
func decimal(s string) (int64, error) {
	n, err := strconv.ParseUint(strings.Trim(s, " "), 10, 62)
	return int64(n), err
}

// trimBlanks gives p without its trailing blanks.
func trimBlanks(p []byte) []byte {
	for len(p) > 0 && p[len(p)-1] == ' ' {
		p = p[:len(p)-1]
	}
	return p
}

// trimText gives a text of a header, which some writers pad with NUL.
func trimText(p []byte) string { return strings.TrimRight(string(p), " \x00") }
