package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"unicode"
)

// Names of the source files.
const (
	ctcaeFile   = "ctcae_v5.0.tsv" // llt_code, term, soc_code, soc_name, as NCI publishes them
	zhNamesFile = "zh_names.tsv"   // llt_code, Chinese name
	socsFile    = "socs.tsv"       // soc_code, abbreviation, Chinese name
)

// otherSpecify ends the name of CTCAE's catch-all row of each SOC. Its code is
// the SOC's, so that it names no term of its own and is left out.
const otherSpecify = " - Other, specify"

// table is the source, checked: every term and SOC has a name in both languages,
// and no code or name stands twice on its level.
type table struct {
	socs  []soc  // in the order in which CTCAE lists them
	terms []term // in CTCAE's order
}

type soc struct {
	code   string
	abbrev string
	name   map[string]string // by language code
}

type term struct {
	code string
	soc  int // position in table.socs
	name map[string]string
}

func readTable(source fs.FS) (table, error) {
	zhNames, err := readZhNames(source)
	if err != nil {
		return table{}, err
	}
	zhSOCs, err := readSOCs(source)
	if err != nil {
		return table{}, err
	}
	rows, err := readTSV(source, ctcaeFile, 4)
	if err != nil {
		return table{}, err
	}

	var t table
	socAt := map[string]int{}
	termSeen := newSeen()
	for _, r := range rows {
		code, name, socCode, socName := r.cells[0], r.cells[1], r.cells[2], r.cells[3]
		at, known := socAt[socCode]
		if !known {
			zh, ok := zhSOCs[socCode]
			if !ok {
				return table{}, r.errorf("SOC %s has no row in %s", socCode, socsFile)
			}
			at = len(t.socs)
			socAt[socCode] = at
			t.socs = append(t.socs, soc{code: socCode, abbrev: zh.abbrev, name: map[string]string{"en": socName, "zh": zh.name}})
		}
		if t.socs[at].name["en"] != socName {
			return table{}, r.errorf("SOC %s has two names", socCode)
		}
		if strings.HasSuffix(name, otherSpecify) {
			if code != socCode {
				return table{}, r.errorf("a catch-all row whose code %s is not its SOC's", code)
			}
			continue
		}
		zh, ok := zhNames[code]
		if !ok {
			return table{}, r.errorf("code %s has no row in %s", code, zhNamesFile)
		}
		if err := termSeen.add(code, strings.ToLower(name)); err != nil {
			return table{}, r.errorf("%v", err)
		}
		t.terms = append(t.terms, term{code: code, soc: at, name: map[string]string{"en": name, "zh": zh}})
	}
	if len(zhNames) != len(t.terms) {
		return table{}, fmt.Errorf("%s has %d names for %d terms: delete the rows whose code %s lacks", zhNamesFile, len(zhNames), len(t.terms), ctcaeFile)
	}
	if len(zhSOCs) != len(t.socs) {
		return table{}, fmt.Errorf("%s has %d rows for %d SOCs", socsFile, len(zhSOCs), len(t.socs))
	}
	return t, nil
}

func readZhNames(source fs.FS) (map[string]string, error) {
	rows, err := readTSV(source, zhNamesFile, 2)
	if err != nil {
		return nil, err
	}
	names := make(map[string]string, len(rows))
	seen := newSeen()
	for _, r := range rows {
		if err := seen.add(r.cells[0], r.cells[1]); err != nil {
			return nil, r.errorf("%v", err)
		}
		if !strings.ContainsFunc(r.cells[1], isHan) || strings.Contains(r.cells[1], " ") {
			return nil, r.errorf("the name has no Chinese character or has a space")
		}
		names[r.cells[0]] = r.cells[1]
	}
	return names, nil
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

type zhSOC struct{ abbrev, name string }

// maxAbbrev is the longest abbreviation of a SOC, in bytes.
const maxAbbrev = 5

func readSOCs(source fs.FS) (map[string]zhSOC, error) {
	rows, err := readTSV(source, socsFile, 3)
	if err != nil {
		return nil, err
	}
	socs := make(map[string]zhSOC, len(rows))
	codes, names := newSeen(), newSeen()
	for _, r := range rows {
		if err := errors.Join(codes.add(r.cells[0], r.cells[1]), names.add(r.cells[0], r.cells[2])); err != nil {
			return nil, r.errorf("%v", err)
		}
		if len(r.cells[1]) > maxAbbrev {
			return nil, r.errorf("the abbreviation is longer than %d letters", maxAbbrev)
		}
		socs[r.cells[0]] = zhSOC{abbrev: r.cells[1], name: r.cells[2]}
	}
	return socs, nil
}

// seen refuses a code or a name that comes a second time.
type seen struct{ codes, names map[string]bool }

func newSeen() seen { return seen{map[string]bool{}, map[string]bool{}} }

func (s seen) add(code, name string) error {
	if s.codes[code] {
		return fmt.Errorf("code %s stands twice", code)
	}
	if s.names[name] {
		return fmt.Errorf("the name of code %s stands twice", code)
	}
	s.codes[code], s.names[name] = true, true
	return nil
}

// row is one line of a source file.
type row struct {
	file  string
	line  int
	cells []string
}

func (r row) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", r.file, r.line, fmt.Errorf(format, args...))
}

var codePattern = regexp.MustCompile(`^1\d{7}$`)

// readTSV reads the rows below the header. The first cell of each is a MedDRA
// code; no cell is empty, and none holds the release format's separator. White
// space at the ends of a cell is cut, runs of it inside become one space.
func readTSV(source fs.FS, name string, columns int) ([]row, error) {
	content, err := fs.ReadFile(source, name)
	if err != nil {
		return nil, err
	}
	var rows []row
	for i, line := range strings.Split(strings.TrimSuffix(string(content), "\n"), "\n") {
		if i == 0 {
			continue
		}
		r := row{file: name, line: i + 1, cells: strings.Split(line, "\t")}
		if len(r.cells) != columns {
			return nil, r.errorf("%d columns instead of %d", len(r.cells), columns)
		}
		for i, cell := range r.cells {
			cell = strings.Join(strings.Fields(cell), " ")
			if cell == "" || strings.Contains(cell, "$") {
				return nil, r.errorf("column %d is empty or holds a $", i+1)
			}
			r.cells[i] = cell
		}
		if !codePattern.MatchString(r.cells[0]) {
			return nil, r.errorf("column 1 is no MedDRA code (eight digits, the first a 1)")
		}
		rows = append(rows, r)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows below the header", name)
	}
	return rows, nil
}
