package xport

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func open(file []byte, dataset string) (*Reader, error) {
	return Open(bytes.NewReader(file), int64(len(file)), dataset)
}

// table reads every row of a dataset; its error is that of Open or of Next.
func table(file []byte, dataset string) ([][]string, error) {
	x, err := open(file, dataset)
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for {
		cells, err := x.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i] = string(c)
		}
		rows = append(rows, row)
	}
}

func want[T any](t *testing.T, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("got +, want -:\n%s", d)
	}
}

func names(x *Reader) (names []string) {
	for _, c := range x.Columns() {
		names = append(names, c.Name)
	}
	return names
}

func TestFilesOfOtherWritersGiveTheirRows(t *testing.T) {
	haven := [][]string{
		{"Q5", "Q5-1", "1", "Headache", "N", "3", "2026-05-11", "2026-05-11T10:20:30", "10:20:30", "0.1"},
		{"Q5", "Q5-1", "2", "Rash", "Y", "", "", "", "", "-2.5"},
		{"Q5", "Q5-2", "1", "Nausée légère", "N", "12.5", "1959-12-31", "1959-12-31T23:59:59", "00:00:00", "1e-10"},
		{"Q5", "Q5-3", "1", "", "", "", "2024-02-29", "2024-02-29T00:00:00", "23:59:59", "1000000000000000"},
	}
	var haven8 [][]string
	for i, relation := range []string{"RELATED", "", "NOT RELATED", "UNLIKELY"} {
		haven8 = append(haven8, append(append([]string{}, haven[i]...), relation))
	}
	readstat := [][]string{{"Headache", "-1", "2026-05-11"}, {"", "0.25", "2026-05-12"}, {"Rash", "1.5", "2026-05-13"}}
	for range 27 {
		readstat = append(readstat, []string{"Missing", "", ""})
	}
	havenNames := "STUDYID USUBJID AESEQ AETERM AESER AESTDY AESTDT AESTDTM AESTTM DOSE"
	for _, c := range []struct {
		file, dataset string
		version       int
		names         string
		rows          [][]string
	}{
		{"ae_v8.xpt", "DATASET", 8, "STUDYID USUBJID AESEQ AETERM AESER AESTDY", [][]string{
			{"Q5", "Q5-1", "1", "Headache", "N", "3"}, {"Q5", "Q5-1", "2", "Rash", "Y", ""}, {"Q5", "Q5-2", "1", "Nausea, mild", "N", "12.5"},
		}},
		{"readstat_v5.xpt", "AE", 5, "AETERM AESTDY AESTDT", readstat},
		{"readstat_v8.xpt", "AE", 8, "AETERM AESTDY AESTDT", readstat},
		{"haven_v5.xpt", "AE", 5, havenNames, haven},
		{"haven_v8.xpt", "AE", 8, havenNames + " AERELATIONSHIP", haven8},
		{"haven_labelv9.xpt", "AE", 8, havenNames + " AERELATIONSHIP", haven8},
	} {
		t.Run(c.file, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			x, err := open(file, "")
			if err != nil {
				t.Fatal(err)
			}
			want(t, x.Version(), c.version)
			want(t, x.Dataset(), c.dataset)
			want(t, x.Declared(), false)
			want(t, x.Rows(), int64(len(c.rows)))
			want(t, strings.Join(names(x), " "), c.names)
			rows, err := table(file, strings.ToLower(c.dataset))
			if err != nil {
				t.Fatal(err)
			}
			want(t, rows, c.rows)
		})
	}
}

func TestColumnsHaveTheirLabels(t *testing.T) {
	for file, last := range map[string]Column{
		"haven_v5.xpt":      {Name: "AESTDY", Label: "Study Day of Start of Adverse Event", Numeric: true},
		"haven_v8.xpt":      {Name: "AERELATIONSHIP", Label: "Relationship of the adverse event to the study treatment, as assessed by the investigator"},
		"haven_labelv9.xpt": {Name: "AERELATIONSHIP", Label: "Relationship of the adverse event to the"}, // the section is not in its layout
	} {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		x, err := open(b, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range x.Columns() {
			if c.Name == last.Name {
				want(t, c, last)
			}
		}
	}
}

func TestAFileWithoutItsPaddingIsRefused(t *testing.T) {
	b, err := os.ReadFile("testdata/readstat_unpadded.xpt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(b, ""); !errors.Is(err, ErrCut) || !strings.Contains(err.Error(), "did not pad") {
		t.Error(err)
	}
}

func TestADatasetIsChosenByItsName(t *testing.T) {
	make := func(names ...string) []byte {
		var all []testDataset
		for _, name := range names {
			all = append(all, testDataset{name: name, columns: []testColumn{text("A", 4)}, rows: [][]byte{[]byte((name + "    ")[:4])}})
		}
		return write(5, all...)
	}
	for _, c := range []struct {
		datasets []string
		name     string
		want     string // the dataset, or a part of the error
	}{
		{[]string{"DM", "AE", "LB"}, "", "AE"},
		{[]string{"DM", "ae", "LB"}, "", "ae"},
		{[]string{"DM", "AE", "LB"}, "lb", "LB"},
		{[]string{"ADAE"}, "", "ADAE"},
		{[]string{"DM", "ADAE"}, "", `the file has 2 datasets and none is AE; name one of them: "DM", "ADAE"`},
		{[]string{"DM", "ADAE"}, "AE", `no dataset "AE"; name one of its datasets: "DM", "ADAE"`},
		{[]string{"ADAE"}, "AE", `no dataset "AE"`},
		{[]string{"AE", "AE"}, "", `byte 960: the file has 2 datasets "AE"`},
		{[]string{"A", "A"}, "a", `2 datasets "a"`},
	} {
		x, err := open(make(c.datasets...), c.name)
		if err != nil {
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %q: %v", c.datasets, c.name, err)
			}
			continue
		}
		want(t, x.Dataset(), c.want)
		cells, err := x.Next()
		if err != nil || string(cells[0]) != c.want {
			t.Errorf("%q %v", cells, err)
		}
		if _, err := x.Next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
}

func TestCellsAreInTheOrderOfTheColumns(t *testing.T) {
	d := testDataset{
		name:      "AE",
		columns:   []testColumn{text("A", 2), number("B", 3), text("C", 1)},
		positions: []int{4, 1, 0},
		rows:      [][]byte{[]byte("c\x41\x10\x00aa"), []byte(" \x41\x20\x00 a")},
	}
	rows, err := table(write(5, d), "")
	if err != nil {
		t.Fatal(err)
	}
	want(t, rows, [][]string{{"aa", "1", "c"}, {" a", "2", ""}})
}

func TestCharactersAreRawBytesWithoutTrailingBlanks(t *testing.T) {
	d := testDataset{name: "AE", columns: []testColumn{text("A", 6)}, rows: [][]byte{[]byte(" \xff\x00\t  "), []byte("\xe9t\xe9   "), []byte("      "), []byte("HEADER")}}
	rows, err := table(write(5, d), "")
	if err != nil {
		t.Fatal(err)
	}
	want(t, rows, [][]string{{" \xff\x00\t"}, {"\xe9t\xe9"}, {""}, {"HEADER"}})
}

func TestNumberIsThatOfTheLastRow(t *testing.T) {
	d := testDataset{name: "AE", columns: []testColumn{text("A", 80)}, rows: [][]byte{bytes.Repeat([]byte("x"), 80), bytes.Repeat([]byte("y"), 80)}}
	x, err := open(write(5, d), "")
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int64{0, 1, 2, 2, 2} {
		want(t, x.Number(), n)
		if _, err := x.Next(); errors.Is(err, io.EOF) != (i >= 2) {
			t.Error(i, err)
		}
	}
}

func TestLongLabelsAndFormatsAreRead(t *testing.T) {
	long := strings.Repeat("label ", 20) + "end"
	for _, c := range []struct {
		name    string
		section []byte
		want    []string // labels of AETERM and AESTDT
		date    string
	}{
		{"version 8, from 1", labelSection(false, "1", labelEntry(1, "AETERM_OF_A_LONG_NAME", long)), []string{long, "day"}, "24237"},
		{"version 8, from 0, right-aligned", labelSection(false, "    2", labelEntry(1, "aestdt", "d"), labelEntry(0, "AETERM_OF_A_LONG_NAME", long)), []string{long, "d"}, "24237"},
		{"version 8, zeros", labelSection(false, "00001"+strings.Repeat("0", 25), labelEntry(1, "AETERM_OF_A_LONG_NAME", long)), []string{long, "day"}, "24237"},
		{"version 9", labelSection(true, "2", labelEntry(1, "AETERM_OF_A_LONG_NAME", "", "$LONGFORMAT9.", ""), labelEntry(2, "AESTDT", "x", "DATE9.", "ANYDTDTE9.")), []string{"", "x"}, "2026-05-11"},
		{"unknown name", labelSection(false, "1", labelEntry(1, "OTHER", long)), []string{"term", "day"}, "24237"},
		{"too few", labelSection(false, "2", labelEntry(1, "AETERM_OF_A_LONG_NAME", long)), []string{"term", "day"}, "24237"},
		{"too many", labelSection(false, "3"), []string{"term", "day"}, "24237"},
		{"more than declared", labelSection(false, "1", labelEntry(1, "AESTDT", "x"), labelEntry(1, "AETERM_OF_A_LONG_NAME", long)), []string{"term", "day"}, "24237"},
		{"no count", labelSection(false, "x", labelEntry(1, "AESTDT", "x")), []string{"term", "day"}, "24237"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := write(8, testDataset{
				name:    "AE",
				columns: []testColumn{{name: "AETERM_OF_A_LONG_NAME", label: "term", bytes: 4}, {name: "AESTDT", label: "day", numeric: true, bytes: 8}},
				rows:    [][]byte{append([]byte("Rash"), ibmOf(24237, 8)...)},
				labels:  c.section,
			})
			x, err := open(file, "")
			if err != nil {
				t.Fatal(err)
			}
			want(t, x.Columns(), []Column{{Name: "AETERM_OF_A_LONG_NAME", Label: c.want[0]}, {Name: "AESTDT", Label: c.want[1], Numeric: true}})
			cells, err := x.Next()
			if err != nil {
				t.Fatal(err)
			}
			want(t, string(cells[1]), c.date)
		})
	}
}
