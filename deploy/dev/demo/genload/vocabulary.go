package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// wordings are what the verbatims of one language are made of, without repeats
// and in the order of the files.
type wordings struct {
	names    []string // of LLTs
	synonyms []string // that hold for every study
}

// vocabulary is the wordings by language code, "en" and "zh".
type vocabulary map[string]wordings

func readVocabulary(release, synonyms string) (vocabulary, error) {
	v := vocabulary{}
	for _, language := range []string{"en", "zh"} {
		names, err := readNames(filepath.Join(release, language, "MedAscii", "llt.asc"))
		if err != nil {
			return nil, fmt.Errorf("read the %s release: %w", language, err)
		}
		v[language] = wordings{names: names}
	}
	if err := v.readSynonyms(synonyms); err != nil {
		return nil, fmt.Errorf("read the synonym list: %w", err)
	}
	return v, nil
}

func readNames(file string) ([]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
		columns := strings.Split(line, "$")
		if len(columns) < 3 || columns[1] == "" {
			return nil, fmt.Errorf("%s:%d: no term name in the second $-separated column", file, i+1)
		}
		names = append(names, columns[1])
	}
	return names, nil
}

func (v vocabulary) readSynonyms(file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for i, r := range rows {
		if i == 0 {
			continue
		}
		if len(r) < 4 {
			return fmt.Errorf("%s: row %d has %d columns, want verbatim, language, llt_code, scope and what follows", file, i+1, len(r))
		}
		verbatim, language, scope := r[0], r[1], r[3]
		w, ok := v[language]
		if !ok {
			return fmt.Errorf("%s: row %d: language %q, want en or zh", file, i+1, language)
		}
		if scope == "sponsor" {
			w.synonyms = append(w.synonyms, verbatim)
			v[language] = w
		}
	}
	return nil
}
