package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/synonym"
)

// maxList bounds a list's file; the lists' own reader refuses one so large.
const maxList = 128<<20 + 1

// lists are the synonym, do-not-autocode and opt-in lists as they were read. Synonyms are
// checked against each release on its own, so their text is kept.
type lists struct {
	synonymsPath string // empty: none
	synonyms     []byte
	avoid        *synonym.DoNotAutocode
	optIn        *synonym.OptIn
}

func readLists(c Config) (*lists, error) {
	l := &lists{synonymsPath: c.Synonyms, avoid: synonym.DefaultDoNotAutocode(), optIn: synonym.NoOptIn()}
	if c.DoNotAutocode != "" {
		text, err := readList(c.DoNotAutocode)
		if err != nil {
			return nil, fmt.Errorf("open do-not-autocode list: %w", err)
		}
		site, err := synonym.ParseDoNotAutocode(filepath.Base(c.DoNotAutocode), bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("do-not-autocode list: %w", err)
		}
		l.avoid = l.avoid.With(site)
	}
	if c.OptIn != "" {
		text, err := readList(c.OptIn)
		if err != nil {
			return nil, fmt.Errorf("open opt-in list: %w", err)
		}
		if l.optIn, err = synonym.ParseOptIn(filepath.Base(c.OptIn), bytes.NewReader(text)); err != nil {
			return nil, fmt.Errorf("opt-in list: %w", err)
		}
	}
	if c.Synonyms != "" {
		text, err := readList(c.Synonyms)
		if err != nil {
			return nil, fmt.Errorf("open synonym list: %w", err)
		}
		l.synonyms = text
	}
	return l, nil
}

func readList(path string) (text []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, maxList))
}

// same tells whether two readings of the lists decide the same.
func (l *lists) same(other *lists) bool {
	return bytes.Equal(l.synonyms, other.synonyms) && l.avoid.Version() == other.avoid.Version() && l.optIn.Version() == other.optIn.Version()
}

// against checks the synonyms against one version.
func (l *lists) against(v *meddra.Version) (*synonym.List, error) {
	if l.synonymsPath == "" {
		return synonym.Empty(), nil
	}
	dictionaries := make(synonym.Dictionaries, len(v.Releases))
	for language, r := range v.Releases {
		dictionaries[language] = r
	}
	list, err := synonym.Parse(filepath.Base(l.synonymsPath), bytes.NewReader(l.synonyms), dictionaries)
	if err != nil {
		return nil, fmt.Errorf("synonym list against release %s: %w", v.Label, err)
	}
	return list, nil
}
