package meddra

import (
	"bytes"
	"math"
	"regexp"
)

// maxName is the maximum length of a term's name in bytes. Real names have at most 100
// characters. A longer name means a damaged line, and must not get into an index.
const maxName = 1000

// label is the pattern of a version label, which becomes part of folder names, database
// keys and requests.
var label = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)

// readRelease reads the label and the language. Only in this file the number of empty
// columns is not checked, since nothing depends on them.
func (l *loader) readRelease(want Language) error {
	rows := 0
	err := l.rows(lineReader{file: releaseFile, columns: 2, atLeast: true, gb18030: true}, func(line int, f [][]byte) {
		rows++
		if rows > 1 {
			l.problemf(releaseFile, line, "second line, want one")
			return
		}
		version := bytes.TrimSpace(f[0])
		if !label.Match(version) {
			l.problemf(releaseFile, line, "version label %s is not 1 to 64 letters, digits, dots, hyphens", quote(version))
		}
		l.r.version = string(version)
		l.stated = string(f[1])
		language, err := ParseLanguage(l.stated)
		if err != nil {
			l.problemf(releaseFile, line, "%v", err)
			return
		}
		if want != "" && want != language {
			l.problemf(releaseFile, line, "language is %s, want %s", language, want)
		}
		l.r.language = language
	})
	return err
}

// code reads a code column; a bad one is a problem.
func (l *loader) code(file string, line int, column string, field []byte) (Code, bool) {
	c, ok := parseCode(field)
	if !ok {
		l.problemf(file, line, "%s %s is not an 8-digit code", column, quote(field))
	}
	return c, ok
}

// name reads a name column; an empty or too long name is a problem. Space around a name
// would prevent every exact match, so it is removed with a warning.
func (l *loader) name(file string, line int, column string, field []byte) (string, bool) {
	trimmed := bytes.TrimSpace(field)
	switch {
	case len(trimmed) == 0:
		l.problemf(file, line, "%s is empty", column)
		return "", false
	case len(trimmed) > maxName:
		l.problemf(file, line, "%s of %d bytes, want at most %d", column, len(trimmed), maxName)
		return "", false
	case len(trimmed) != len(field):
		l.warnf(file, line, "%s has space around it", column)
	}
	return l.intern(trimmed), true
}

// flag reads a Y/N column.
func (l *loader) flag(file string, line int, column string, field []byte) (value, ok bool) {
	if len(field) == 1 && (field[0] == 'Y' || field[0] == 'N') {
		return field[0] == 'Y', true
	}
	l.problemf(file, line, "%s is %s, want Y or N", column, quote(field))
	return false, false
}

// add adds a code to an index at position i; a code that is already there is a problem.
// In a file without problems, position and line number advance together.
func (l *loader) add(file string, line int, column string, index map[Code]int32, c Code, i int) bool {
	if _, ok := index[c]; ok {
		l.problemf(file, line, "duplicate %s %s", column, c)
		return false
	}
	index[c] = narrow(i)
	return true
}

// readTerms reads the first columns, which are the same in the files of PT and above. For
// each term that is added it calls more, if set, with the whole row.
func (l *loader) readTerms(file string, columns int, level string, more func(line int, f [][]byte)) ([]Term, map[Code]int32, error) {
	var terms []Term
	index := make(map[Code]int32)
	err := l.rows(l.reader(file, columns), func(line int, f [][]byte) {
		c, ok := l.code(file, line, level+"_code", f[0])
		name, named := l.name(file, line, level+"_name", f[1])
		if !ok || !named || !l.add(file, line, level+"_code", index, c, len(terms)) {
			return
		}
		terms = append(terms, Term{Code: c, Name: name})
		if more != nil {
			more(line, f)
		}
	})
	return terms, index, err
}

// reader is the reader of a file in the release's language.
func (l *loader) reader(file string, columns int) lineReader {
	return lineReader{file: file, columns: columns, gb18030: l.r.language == Chinese}
}

func (l *loader) readSOCs() (err error) {
	l.r.socs, l.r.socIndex, err = l.readTerms(socFile, 10, "soc", func(line int, f [][]byte) {
		abbrev := bytes.TrimSpace(f[2])
		if len(abbrev) == 0 {
			l.warnf(socFile, line, "soc_abbrev is empty")
		}
		l.r.abbrevs = append(l.r.abbrevs, l.intern(abbrev))
	})
	return err
}

func (l *loader) readHLGTs() (err error) {
	l.r.hlgts, l.r.hlgtIndex, err = l.readTerms(hlgtFile, 9, "hlgt", nil)
	return err
}

func (l *loader) readHLTs() (err error) {
	l.r.hlts, l.r.hltIndex, err = l.readTerms(hltFile, 9, "hlt", nil)
	return err
}

func (l *loader) readPTs() (err error) {
	l.r.pts, l.r.ptIndex, err = l.readTerms(ptFile, 11, "pt", func(line int, f [][]byte) {
		c, _ := l.code(ptFile, line, "pt_soc_code", f[3])
		l.ptSOC = append(l.ptSOC, c)
	})
	return err
}

func (l *loader) readLLTs() error {
	l.r.lltIndex = make(map[Code]int32)
	reader := l.reader(lltFile, 11)
	reader.lacks = map[int]string{10: "llt_currency, as some circulated schemas are? Then nobody knows which LLTs may be used"}
	return l.rows(reader, func(line int, f [][]byte) {
		c, ok1 := l.code(lltFile, line, "llt_code", f[0])
		name, ok2 := l.name(lltFile, line, "llt_name", f[1])
		pt, ok3 := l.code(lltFile, line, "pt_code", f[2])
		current, ok4 := l.flag(lltFile, line, "llt_currency", f[9])
		if !ok1 || !ok2 || !ok3 || !ok4 || !l.add(lltFile, line, "llt_code", l.r.lltIndex, c, len(l.r.llts)) {
			return
		}
		if current {
			l.r.currentLLTs++
		}
		l.r.llts = append(l.r.llts, LLT{Code: c, Name: name, PT: pt, Current: current})
	})
}

// narrow converts a position to the type in which indexes store it. It panics if the
// position does not fit, which the maximum size of a file excludes.
func narrow(n int) int32 {
	if n < 0 || n > math.MaxInt32 {
		panic("a file with more than 2,147,483,647 lines")
	}
	return int32(n)
}
