package xport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// The tests write their own transport files.

type testColumn struct {
	name, label, format string
	numeric             bool
	bytes               int
}

type testDataset struct {
	name    string
	columns []testColumn
	rows    [][]byte // as in the file
	// declared is what stands for the rows in the header: empty is 15 zeros.
	declared string
	// positions of the cells; nil: side by side in the order of the columns.
	positions []int
	labels    []byte // a section of labels with its header
}

func text(name string, n int) testColumn { return testColumn{name: name, bytes: n} }

func number(name string, n int) testColumn { return testColumn{name: name, bytes: n, numeric: true} }

func padded(b []byte) []byte {
	for len(b)%recordBytes != 0 {
		b = append(b, ' ')
	}
	return b
}

func headerRecord(name, numbers string) []byte {
	numbers += strings.Repeat("0", 30-len(numbers))
	return fmt.Appendf(nil, "HEADER RECORD*******%-8sHEADER RECORD!!!!!!!%s  ", name, numbers)
}

func labelSection(version9 bool, count string, entries ...[]byte) []byte {
	name := "LABELV8"
	if version9 {
		name = "LABELV9"
	}
	return padded(append(headerRecord(name, fmt.Sprintf("%-30s", count)), bytes.Join(entries, nil)...))
}

// labelEntry has as many lengths as texts: name, label, and in version 9 format and
// informat.
func labelEntry(number uint16, texts ...string) []byte {
	b := binary.BigEndian.AppendUint16(nil, number)
	for _, s := range texts {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	}
	return append(b, strings.Join(texts, "")...)
}

func write(version int, datasets ...testDataset) []byte {
	names := []string{"LIBRARY", "MEMBER", "DSCRPTR", "NAMESTR", "OBS"}
	dataset := "SAS     %-8sSASDATA 9.4     X64_10PRO                       11MAY26:10:20:30"
	if version == 8 {
		names = []string{"LIBV8", "MEMBV8", "DSCPTV8", "NAMSTV8", "OBSV8"}
		dataset = "SAS     %-32sSASDATA 9.4     X64_10PR11MAY26:10:20:30"
	}
	b := headerRecord(names[0], "")
	b = padded(append(b, "SAS     SAS     SASLIB  9.4     X64_10PRO                       11MAY26:10:20:30"...))
	b = padded(append(b, "11MAY26:10:20:30"...))
	for _, d := range datasets {
		b = append(b, headerRecord(names[1], "000000000000000001600000000140")...)
		b = append(b, headerRecord(names[2], "")...)
		b = padded(fmt.Appendf(b, dataset, d.name))
		b = padded(append(b, "11MAY26:10:20:30"...))
		b = append(b, headerRecord(names[3], fmt.Sprintf("%010d", len(d.columns)))...)
		at := 0
		for i, c := range d.columns {
			position := at
			if d.positions != nil {
				position = d.positions[i]
			}
			b = append(b, describe(c, i+1, position, version)...)
			at += c.bytes
		}
		b = padded(b)
		b = append(b, d.labels...)
		b = append(b, headerRecord(names[4], d.declared)...)
		b = padded(append(b, bytes.Join(d.rows, nil)...))
	}
	return b
}

func describe(c testColumn, nth, position, version int) []byte {
	kind := 2
	if c.numeric {
		kind = 1
	}
	b := make([]byte, 0, 140)
	for _, n := range []int{kind, 0, c.bytes, nth} {
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	}
	b = fmt.Appendf(b, "%-8.8s%-40.40s%-8.8s", c.name, c.label, c.format)
	b = append(b, make([]byte, 8)...) // width, decimals, alignment
	b = append(b, "        \x00\x00\x00\x00"...)
	b = binary.BigEndian.AppendUint32(b, uint32(position))
	if version == 8 {
		b = fmt.Appendf(b, "%-32s", c.name)
		b = binary.BigEndian.AppendUint16(b, uint16(len(c.label)))
	}
	return b[:140]
}

// rightAligned is how SAS declares rows.
func rightAligned(rows int) string { return fmt.Sprintf("%15d%15s", rows, "") }

// ibmOf gives a double as SAS writes it, cut to n bytes.
func ibmOf(f float64, n int) []byte {
	p := make([]byte, 8)
	if f != 0 {
		fraction, exponent := math.Frexp(math.Abs(f))
		hex := int(math.Ceil(float64(exponent) / 4))
		m := uint64(math.Ldexp(fraction, 56+exponent-4*hex))
		binary.BigEndian.PutUint64(p, m)
		p[0] = byte(64 + hex)
		if f < 0 {
			p[0] |= 0x80
		}
	}
	return p[:n]
}
