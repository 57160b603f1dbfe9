package xport

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// column is a column and where its cell is in a row.
type column struct {
	Column
	at, bytes int
	shows     kind
}

// columns reads the descriptions of the columns of a dataset, and gives the length of a
// row.
func (f *file) columns(d dataset, version int) ([]column, int, error) {
	switch {
	case d.count == 0:
		return nil, 0, fmt.Errorf("byte %d: dataset %q has no columns; have the file written again", d.names, d.name)
	case d.count > MaxColumns:
		return nil, 0, fmt.Errorf("byte %d: dataset %q has %d columns and may have %d; write the file with fewer", d.names, d.name, d.count, MaxColumns)
	}
	all := make([]byte, d.count*d.nameBytes)
	if err := f.read(all, d.names); err != nil {
		return nil, 0, err
	}
	columns := make([]column, d.count)
	names := make(map[string]bool, d.count)
	rowBytes := 0
	for i := range columns {
		at := int64(i) * d.nameBytes
		c, err := describeColumn(all[at:at+d.nameBytes], version)
		switch key := strings.ToUpper(c.Name); {
		case err != nil:
		case key == "":
			err = errors.New("it has no name; have the file written again")
		case names[key]:
			err = errors.New("an earlier column has the same name; rename one of them")
		default:
			names[key] = true
		}
		if err != nil {
			return nil, 0, fmt.Errorf("byte %d: column %d of dataset %q, named %q: %w", d.names+at, i+1, d.name, c.Name, err)
		}
		columns[i] = c
		rowBytes += c.bytes
	}
	if rowBytes > MaxRecordBytes {
		return nil, 0, fmt.Errorf("byte %d: a row of dataset %q has %d bytes and may have %d; write the file with shorter columns", d.names, d.name, rowBytes, MaxRecordBytes)
	}
	if err := checkPositions(columns, rowBytes); err != nil {
		return nil, 0, fmt.Errorf("byte %d: dataset %q: %w", d.names, d.name, err)
	}
	return columns, rowBytes, f.addLabels(columns, d)
}

// describeColumn reads one description (NAMESTR).
func describeColumn(p []byte, version int) (column, error) {
	var c column
	word := func(at int) int { return int(binary.BigEndian.Uint16(p[at:])) }
	c.Name, c.Label = trimText(p[8:16]), trimText(p[16:56])
	if version == 8 {
		// A description of 136 bytes ends before the length of the label, not before this name.
		if long := trimText(p[88:120]); long != "" {
			c.Name = long
		}
	}
	c.bytes = word(4)
	position := binary.BigEndian.Uint32(p[84:])
	switch kind := word(0); {
	case kind == 1 && c.bytes >= 2 && c.bytes <= 8:
		c.Numeric = true
		c.shows = kindOf(trimText(p[56:64]))
	case kind == 1:
		return c, fmt.Errorf("a number has %d bytes and should have 2 to 8; have the file written again", c.bytes)
	case kind == 2 && c.bytes > 0:
	case kind == 2:
		return c, errors.New("its cells have 0 bytes; have the file written again")
	default:
		return c, fmt.Errorf("its type is %d and should be 1 for a number or 2 for characters; have the file written again", kind)
	}
	if position >= MaxRecordBytes {
		return c, fmt.Errorf("its cell begins at byte %d of a row, which may have %d bytes; write the file with shorter columns", position, MaxRecordBytes)
	}
	c.at = int(position)
	return c, nil
}

// checkPositions checks that the cells of a row are side by side, in any order.
func checkPositions(columns []column, rowBytes int) error {
	beginning := make(map[int]int, len(columns)) // the column that begins at a byte
	for i, c := range columns {
		if other, taken := beginning[c.at]; taken {
			return fmt.Errorf("columns %q and %q both begin at byte %d of a row; have the file written again", columns[other].Name, c.Name, c.at)
		}
		beginning[c.at] = i
	}
	at := 0
	for range columns {
		i, ok := beginning[at]
		if !ok {
			return fmt.Errorf("no column begins at byte %d of a row, though the columns have %d bytes; have the file written again", at, rowBytes)
		}
		at += columns[i].bytes
	}
	return nil
}

// addLabels reads the section of long labels. Some releases of ReadStat, and so of haven,
// write a section of LABELV9 that does not follow its layout (1.1.8 and 2.5.1). Where the
// section cannot be read, the columns keep their labels of up to 40 bytes: that changes
// no cell, for no format of dates or times has a name too long for a description.
func (f *file) addLabels(columns []column, d dataset) error {
	if d.labels == 0 {
		return nil
	}
	if d.obs-d.labels > MaxLabelsBytes {
		return fmt.Errorf("byte %d: the labels of dataset %q have %d bytes and may have %d; write the file with shorter labels", d.labels, d.name, d.obs-d.labels, MaxLabelsBytes)
	}
	section := make([]byte, d.obs-d.labels)
	if err := f.read(section, d.labels); err != nil {
		return err
	}
	labels, ok := readLabels(section, d, columns)
	if !ok {
		return nil
	}
	for i, l := range labels {
		columns[i].Label = l.label
		if l.format != "" && columns[i].Numeric {
			columns[i].shows = kindOf(l.format)
		}
	}
	return nil
}

type longLabel struct{ label, format string }

// readLabels gives the long labels by the index of their column; ok is false where the
// section does not follow its layout.
func readLabels(section []byte, d dataset, columns []column) (labels map[int]longLabel, ok bool) {
	count, ok := labelCount(d.labelsCount)
	if !ok || count > int64(len(columns)) {
		return nil, false
	}
	index := make(map[string]int, len(columns))
	for i, c := range columns {
		index[strings.ToUpper(c.Name)] = i
	}
	// The number of the column is not used: writers count from 0 or from 1.
	words := 3 // number, length of name, of label
	if d.labelsLong {
		words = 5 // and of format and informat
	}
	labels = make(map[int]longLabel, count)
	for range count {
		if len(section) < 2*words {
			return nil, false
		}
		lengths := section[2 : 2*words]
		section = section[2*words:]
		var texts [4]string // name, label, format, informat
		for i := 0; 2*i < len(lengths); i++ {
			n := int(binary.BigEndian.Uint16(lengths[2*i:]))
			if n > len(section) {
				return nil, false
			}
			texts[i], section = trimText(section[:n]), section[n:]
		}
		i, known := index[strings.ToUpper(texts[0])]
		if !known {
			return nil, false
		}
		labels[i] = longLabel{label: texts[1], format: texts[2]}
	}
	return labels, len(section) < recordBytes && len(trimBlanks(section)) == 0
}

// labelCount reads the number of labels, which writers align left, right or pad with
// zeros to its 30 characters.
func labelCount(numbers string) (int64, bool) {
	if !strings.Contains(numbers, " ") {
		numbers = numbers[:5]
	}
	n, err := decimal(numbers)
	return n, err == nil
}
