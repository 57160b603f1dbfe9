package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
)

// maxList is the maximum number of bytes that are read of a list. Package lists refuses
// a list of that size.
const maxList = 128<<20 + 1

// listSet holds the synonym, do-not-autocode and opt-in lists as they were read. It keeps
// the text of the synonyms, since they are checked against each release.
type listSet struct {
	synonymsPath string // empty: none
	synonyms     []byte
	avoid        *lists.DoNotAutocode
	optIn        *lists.OptIn
}

func readLists(c Config) (*listSet, error) {
	l := &listSet{synonymsPath: c.Synonyms, avoid: lists.BuiltInDoNotAutocode(), optIn: lists.NoOptIn()}
	if c.DoNotAutocode != "" {
		text, err := readList(c.DoNotAutocode)
		if err != nil {
			return nil, fmt.Errorf("open do-not-autocode list: %w", err)
		}
		site, err := lists.ParseDoNotAutocode(filepath.Base(c.DoNotAutocode), bytes.NewReader(text))
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
		if l.optIn, err = lists.ParseOptIn(filepath.Base(c.OptIn), bytes.NewReader(text)); err != nil {
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

// same reports whether two list sets decide the same.
func (l *listSet) same(other *listSet) bool {
	return bytes.Equal(l.synonyms, other.synonyms) && l.avoid.Version() == other.avoid.Version() && l.optIn.Version() == other.optIn.Version()
}

// against checks the synonyms against one version.
func (l *listSet) against(v *meddra.Version) (*lists.Synonyms, error) {
	if l.synonymsPath == "" {
		return lists.NoSynonyms(), nil
	}
	list, err := lists.ParseSynonyms(filepath.Base(l.synonymsPath), bytes.NewReader(l.synonyms), v.Releases)
	if err != nil {
		return nil, fmt.Errorf("synonym list against release %s: %w", v.Label, err)
	}
	return list, nil
}
