package xport

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Places in a file of one dataset.
const (
	memberAt     = 3 * recordBytes
	descriptorAt = memberAt + recordBytes
	namestrAt    = memberAt + 4*recordBytes
	columnAt     = namestrAt + recordBytes
)

func TestAFaultInAHeaderIsAnErrorWithItsPlace(t *testing.T) {
	base := func(version int) []byte {
		return write(version, testDataset{
			name:    "AE",
			columns: []testColumn{text("AETERM", 4), number("AESEQ", 8)},
			rows:    [][]byte{append([]byte("Rash"), ibmOf(1, 8)...)},
		})
	}
	obsAt := columnAt + 4*recordBytes // two descriptions take four records
	set := func(at int, s string) func([]byte) []byte {
		return func(b []byte) []byte {
			copy(b[at:], s)
			return b
		}
	}
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
		want   []string
	}{
		{"a CSV file", func([]byte) []byte { return []byte(strings.Repeat("STUDYID,AETERM\n", 20)) }, []string{"byte 0", "not a SAS transport file"}},
		{"an empty file", func([]byte) []byte { return nil }, []string{"byte 0", "the file is empty"}},
		{"a short file of another kind", func([]byte) []byte { return []byte("HELLO") }, []string{"byte 0", "not a SAS transport file"}},
		{"a file of PROC CPORT", set(0, "**COMPRESSED** **COMPRESSED** "), []string{"PROC CPORT", "XPORT engine"}},
		{"a sas7bdat", set(0, strings.Repeat("\x00", 12)+"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c"), []string{"sas7bdat"}},
		{"another library", set(20, "LIBV9   "), []string{"byte 0", "version 5 or 8"}},
		{"text mode", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\x00\x00"), []byte("\x00")) }, []string{"ErrCut"}},
		{"no dataset", func(b []byte) []byte { return b[:memberAt] }, []string{"byte 240", "before its first dataset"}},
		{"the member is no header", set(memberAt, "X"), []string{"dataset 1", "byte 240", "header record is missing"}},
		{"the member has another name", set(memberAt+20, "MEMBERX"), []string{"byte 240", `"MEMBERX"`}},
		{"size of descriptions", set(memberAt+74, "0139"), []string{"byte 314", `"0139"`, "140 or 136"}},
		{"no descriptor", set(descriptorAt+20, "OTHER   "), []string{"byte 320", `"OTHER"`}},
		{"no descriptions", set(namestrAt+20, "OTHER   "), []string{"byte 560", `"OTHER"`}},
		{"number of columns", set(namestrAt+48, "00000x0000"), []string{"byte 608", `"00000x0000"`}},
		{"no columns", func(b []byte) []byte {
			copy(b[namestrAt+48:], "0000000000")
			return append(b[:columnAt:columnAt], b[obsAt:]...)
		}, []string{"byte 640", "no columns"}},
		{"too many columns for the file", set(namestrAt+48, "9999999999"), []string{"9999999999 columns", "end behind the file"}},
		{"columns and no header behind them", set(namestrAt+48, "0000000001"), []string{"byte 800", "header record is missing"}},
		{"type of a column", set(columnAt, "\x00\x03"), []string{"byte 640", `column 1 of dataset "AE", named "AETERM"`, "its type is 3"}},
		{"characters of no bytes", set(columnAt+4, "\x00\x00"), []string{"byte 640", "0 bytes"}},
		{"a number of 9 bytes", set(columnAt+140+4, "\x00\x09"), []string{"byte 780", `named "AESEQ"`, "9 bytes"}},
		{"a number of 1 byte", set(columnAt+140+4, "\x00\x01"), []string{"byte 780", "2 to 8"}},
		{"no name", set(columnAt+8, "        "), []string{"byte 640", "no name"}},
		{"a name twice", set(columnAt+140+8, "aeterm  "), []string{"byte 780", "same name"}},
		{"two cells at one place", set(columnAt+140+84, "\x00\x00\x00\x00"), []string{`"AETERM" and "AESEQ"`, "byte 0 of a row"}},
		{"a gap", set(columnAt+140+84, "\x00\x00\x00\x05"), []string{"no column begins at byte 4"}},
		{"a cell far away", set(columnAt+140+84, "\xff\xff\xff\xff"), []string{"4294967295", fmt.Sprint(MaxRecordBytes)}},
		{"no observations", set(obsAt+20, "OTHER   "), []string{"byte 960", `"OTHER"`, `"OBS"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(c.damage(base(5)), "")
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if w == "ErrCut" {
					w = ErrCut.Error()
				}
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v: has no %q", err, w)
				}
			}
		})
	}
	if _, err := open(base(5), ""); err != nil {
		t.Fatal(err)
	}
}

func TestADescriptionOf136BytesIsRead(t *testing.T) {
	d := testDataset{name: "AE", columns: []testColumn{text("A", 1), number("B", 3)}, rows: [][]byte{[]byte("x\x41\x10\x00")}}
	b := write(5, d)
	copy(b[memberAt+74:], "0136")
	copy(b[columnAt+136:], b[columnAt+140:columnAt+2*140])
	rows, err := table(b, "")
	if err != nil {
		t.Fatal(err)
	}
	want(t, rows, [][]string{{"x", "1"}})
}

func TestAnErrorNamesTheBound(t *testing.T) {
	columns := func(n, bytes int) (all []testColumn) {
		for i := range n {
			all = append(all, text(fmt.Sprintf("C%d", i), bytes))
		}
		return all
	}
	datasets := func(n int) (all []testDataset) {
		for i := range n {
			all = append(all, testDataset{name: fmt.Sprintf("D%d", i), columns: columns(1, 1)})
		}
		return append(all, testDataset{name: "AE", columns: columns(1, 1)})
	}
	labels := make([][]byte, 17)
	for i := range labels {
		labels[i] = labelEntry(1, "C0", strings.Repeat("x", 65000))
	}
	for _, c := range []struct {
		name       string
		good, over []testDataset
		want       int
	}{
		{"columns", []testDataset{{name: "AE", columns: columns(MaxColumns, 1)}}, []testDataset{{name: "AE", columns: columns(MaxColumns+1, 1)}}, MaxColumns},
		{"row", []testDataset{{name: "AE", columns: columns(2, MaxRecordBytes/2)}}, []testDataset{{name: "AE", columns: columns(2, MaxRecordBytes/2+1)}}, MaxRecordBytes},
		{"datasets", datasets(MaxDatasets - 1), datasets(MaxDatasets), MaxDatasets},
		{
			"labels",
			[]testDataset{{name: "AE", columns: columns(20, 1), labels: labelSection(false, "16", labels[:16]...)}},
			[]testDataset{{name: "AE", columns: columns(20, 1), labels: labelSection(false, "17", labels...)}},
			MaxLabelsBytes,
		},
	} {
		if _, err := open(write(8, c.good...), ""); err != nil {
			t.Errorf("%s at the bound: %v", c.name, err)
		}
		_, err := open(write(8, c.over...), "")
		if err == nil || !strings.Contains(err.Error(), fmt.Sprint(c.want)) || !strings.Contains(err.Error(), "byte ") {
			t.Errorf("%s over the bound: %v", c.name, err)
		}
	}
}

// Another dataset of the file may be beyond a bound.
func TestTheBoundsAreOfTheDatasetThatIsRead(t *testing.T) {
	wide := testDataset{name: "LB"}
	for i := range MaxColumns + 1 {
		wide.columns = append(wide.columns, number(fmt.Sprintf("C%d", i), 8))
	}
	rows, err := table(write(5, wide, cutTable("AE", 2, "")), "")
	if err != nil || len(rows) != 2 {
		t.Error(len(rows), err)
	}
}

func TestAnErrorQuotesNoCell(t *testing.T) {
	d := cutTable("AE", 9, rightAligned(99))
	for i := range d.rows {
		copy(d.rows[i], "WORDS OF A PATIENT")
	}
	_, err := open(write(8, d), "")
	if err == nil || strings.Contains(err.Error(), "PATIENT") {
		t.Error(err)
	}
}
