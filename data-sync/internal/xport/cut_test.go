package xport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// cutTable has rows of 39 bytes whose last is a number, so that no row is blank.
func cutTable(name string, rows int, declared string) testDataset {
	d := testDataset{name: name, columns: []testColumn{text("AETERM", 31), number("AESEQ", 8)}, declared: declared}
	for i := range rows {
		d.rows = append(d.rows, append(fmt.Appendf(nil, "%-31s", strings.Repeat("x", i%31+1)), ibmOf(float64(i+1), 8)...))
	}
	return d
}

func TestAFileCutAnywhereIsAnErrorOrEndsBehindARow(t *testing.T) {
	const rows = 9
	for _, c := range []struct {
		name     string
		file     []byte
		declared bool
	}{
		{"version 5", write(5, cutTable("AE", rows, "")), false},
		{"version 8, not declared", write(8, cutTable("AE", rows, "")), false},
		{"version 8, declared", write(8, cutTable("AE", rows, rightAligned(rows))), true},
		{"version 5, declared", write(5, cutTable("AE", rows, rightAligned(rows))), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, err := table(c.file, "")
			if err != nil || len(whole) != rows {
				t.Fatal(len(whole), err)
			}
			start := len(c.file) - len(padded(make([]byte, rows*39)))
			for n := range len(c.file) {
				got, err := table(c.file[:n], "")
				if err != nil {
					if !errors.Is(err, ErrCut) || got != nil {
						t.Errorf("cut at %d: %d rows, %v", n, len(got), err)
					}
					continue
				}
				// The documented exception: the cut is at a record, and what is left
				// is whole rows and blanks.
				if c.declared || n < start || n%recordBytes != 0 || n-start-39*len(got) >= recordBytes {
					t.Errorf("cut at %d: %d rows", n, len(got))
				}
				want(t, strings.Trim(string(c.file[start+39*len(got):n]), " "), "")
			}
		})
	}
}

// A dataset that is whole is read, though the file was cut behind it.
func TestAFileCutInALaterDatasetIsAnErrorOrKeepsTheWholeTable(t *testing.T) {
	for _, version := range []int{5, 8} {
		declared := func(rows int) string {
			if version == 5 {
				return ""
			}
			return rightAligned(rows)
		}
		one := write(version, cutTable("AE", 5, declared(5)))
		both := write(version, cutTable("AE", 5, declared(5)), cutTable("LB", 4, declared(4)))
		for n := len(one); n <= len(both); n++ {
			got, err := table(both[:n], "")
			if err == nil && len(got) != 5 || err != nil && !errors.Is(err, ErrCut) {
				t.Errorf("version %d, cut at %d: %d rows, %v", version, n, len(got), err)
			}
			if n == len(one) || n == len(both) {
				want(t, err, nil)
			}
		}
	}
}

// A part that is missing within the file is not made up from what is behind it.
func TestADatasetThatLacksARecordIsAnError(t *testing.T) {
	for _, version := range []int{5, 8} {
		b := write(version, cutTable("AE", 9, ""))
		behind := write(version, cutTable("LB", 9, ""))[memberAt:]
		b = append(b[:len(b)-2*recordBytes:len(b)-2*recordBytes], behind...)
		_, err := open(b, "")
		if !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), `observation 7 of dataset "AE" ends within its 39 bytes`) {
			t.Error(err)
		}
	}
}

func TestWhatIsBehindTheDeclaredRowsIsBlank(t *testing.T) {
	d := cutTable("AE", 9, rightAligned(9))
	d.rows = append(d.rows, []byte(" x"))
	if _, err := open(write(8, d), ""); err == nil || !strings.Contains(err.Error(), "more than blanks behind them") {
		t.Error(err)
	}
}

func TestTheTextOfAHeaderWithinARecordIsACell(t *testing.T) {
	cell := " " + string(headerRecord("MEMBER", ""))
	d := testDataset{name: "AE", columns: []testColumn{text("A", 160)}, rows: [][]byte{fmt.Appendf(nil, "%-160s", cell)}}
	rows, err := table(write(5, d), "")
	if err != nil {
		t.Fatal(err)
	}
	want(t, rows, [][]string{{strings.TrimRight(cell, " ")}})
}

func TestBlankRowsWithinThePaddingAreDropped(t *testing.T) {
	for _, c := range []struct {
		rowBytes, rows, blank int // rows of x, then blank rows
		want                  int
	}{
		{10, 7, 0, 7},
		{10, 7, 1, 7}, // the file is the same as without the blank row
		{10, 8, 0, 8}, // the record is full
		{10, 8, 1, 9}, // a whole record of blanks is a row and padding: there is no record of padding alone
		{10, 8, 3, 9},
		{10, 8, 9, 17},
		{10, 1, 2, 1},
		{80, 1, 1, 2},
		{80, 0, 1, 1},
		{100, 1, 0, 1},
		{100, 1, 2, 3}, // 20 blanks of padding hold no row
		{1, 80, 0, 80},
		{1, 79, 1, 79},
		{1, 1, 0, 1},
		{7, 0, 0, 0},
	} {
		for _, version := range []int{5, 8} {
			for _, declared := range []bool{false, true} {
				d := testDataset{name: "AE", columns: []testColumn{text("A", c.rowBytes)}}
				for range c.rows {
					d.rows = append(d.rows, bytes.Repeat([]byte("x"), c.rowBytes))
				}
				for range c.blank {
					d.rows = append(d.rows, bytes.Repeat([]byte(" "), c.rowBytes))
				}
				expected := c.want
				if declared {
					d.declared = rightAligned(len(d.rows))
					expected = len(d.rows)
				}
				rows, err := table(write(version, d, cutTable("LB", 1, "")), "")
				if err != nil || len(rows) != expected {
					t.Errorf("%+v, version %d, declared %v: %d rows, %v", c, version, declared, len(rows), err)
				}
			}
		}
	}
}

func TestTheDeclaredRowsMustBeThere(t *testing.T) {
	for _, c := range []struct {
		declared, want string
		cut            bool
	}{
		{rightAligned(9), "", false},
		{"9" + strings.Repeat(" ", 29), "", false}, // as ReadStat aligns it
		{strings.Repeat("0", 14) + "9", "", false},
		{rightAligned(11), "declares 11 rows of 39 bytes and holds 10", true},
		{rightAligned(1 << 40), "declares 1099511627776 rows", true},
		{rightAligned(8), "more than blanks behind them", false},
		{rightAligned(0), "more than blanks behind them", false},
		{"999999999999999" + strings.Repeat(" ", 15), "declares 999999999999999 rows", true},
		{"             -1" + strings.Repeat(" ", 15), `number of rows of dataset "AE" is "-1"`, false},
		{"            9 9" + strings.Repeat(" ", 15), `is "9 9"`, false},
	} {
		_, err := table(write(8, cutTable("AE", 9, c.declared)), "")
		if c.want == "" {
			want(t, err, nil)
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrCut) != c.cut {
			t.Errorf("%q: %v", c.declared, err)
		}
	}
	x, err := open(write(8, cutTable("AE", 0, rightAligned(0))), "")
	if err != nil || x.Rows() != 0 || !x.Declared() {
		t.Error(err)
	}
}

// shrinking is a file that loses its end, or cannot be read there, after Open.
type shrinking struct {
	file []byte
	end  int
	err  error
}

func (s *shrinking) ReadAt(p []byte, at int64) (int, error) {
	if end := int64(s.end); s.end > 0 && at+int64(len(p)) > end {
		return copy(p, s.file[min(at, end):end]), s.err
	}
	return bytes.NewReader(s.file).ReadAt(p, at)
}

func TestAnErrorOfAReadNamesTheObservation(t *testing.T) {
	broken := errors.New("broken disk")
	for _, c := range []struct {
		err  error
		is   error
		want string
	}{
		{io.EOF, ErrCut, "got shorter"},
		{broken, broken, "cannot be read; try again"},
	} {
		file := write(5, cutTable("AE", 20_000, ""))
		s := &shrinking{file: file, err: c.err}
		x, err := Open(s, int64(len(file)), "")
		if err != nil {
			t.Fatal(err)
		}
		s.end = len(file) - 5
		for err == nil {
			_, err = x.Next()
		}
		prefix := fmt.Sprintf("observation %d of dataset %q: byte %d: ", x.Number()+1, "AE", s.end)
		if !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), c.want) {
			t.Error(err)
		}
		if _, again := x.Next(); again == nil || again.Error() != err.Error() {
			t.Error("the row after an error:", again)
		}
	}
}
