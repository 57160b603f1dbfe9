// Package lexicon holds the word lists that ranking uses: everyday phrases,
// abbreviations, combining forms, words with the same meaning, and traditional Chinese
// characters. They were written for this project and hold words, not dictionary terms.
// They affect the rank of suggestions and never code anything by themselves.
package lexicon

import (
	"embed"
	"fmt"
	"strings"
	"unicode/utf8"

	"aecode/terminology/internal/meddra"
)

//go:embed *.tsv
var files embed.FS

// Entry is a wording with its possible meanings, the most probable first.
type Entry struct {
	Wording  string
	Readings []string
}

// Everyday lists everyday wordings with their clinical meanings.
func Everyday(lang meddra.Language) []Entry { return entries(string(lang) + "_everyday.tsv") }

// Abbreviations lists abbreviations with their meanings.
func Abbreviations(lang meddra.Language) []Entry { return entries(string(lang) + "_abbreviations.tsv") }

// Combining lists the English combining forms with the plain words for them. A form at
// the beginning of a word ends in a hyphen ("hepat-"); a form at its end begins with
// one ("-itis").
func Combining() []Entry { return entries("en_combining.tsv") }

// Words lists groups of words and short phrases that mean the same within a name.
func Words(lang meddra.Language) [][]string {
	var groups [][]string
	for _, f := range rows(string(lang)+"_words.tsv", 1) {
		groups = append(groups, strings.Split(f[0], "|"))
	}
	return groups
}

// Traditional maps traditional Chinese characters to the simplified ones.
func Traditional() map[rune]rune {
	simplified := make(map[rune]rune)
	for _, f := range rows("zh_traditional.tsv", 2) {
		from, _ := utf8.DecodeRuneInString(f[0])
		to, _ := utf8.DecodeRuneInString(f[1])
		simplified[from] = to
	}
	return simplified
}

func entries(file string) []Entry {
	var all []Entry
	for _, f := range rows(file, 2) {
		all = append(all, Entry{f[0], strings.Split(f[1], "|")})
	}
	return all
}

// rows panics on a faulty list. The lists are compiled in, so that no input can cause
// that, and every test would fail.
func rows(file string, columns int) [][]string {
	text, err := files.ReadFile(file)
	if err != nil {
		panic(err)
	}
	var all [][]string
	line := 0
	for text := range strings.Lines(string(text)) {
		line++
		text = strings.TrimRight(text, "\r\n")
		if text == "" || text[0] == '#' {
			continue
		}
		f := strings.Split(text, "\t")
		if len(f) != columns {
			panic(fmt.Sprintf("%s:%d: %d columns, want %d", file, line, len(f), columns))
		}
		all = append(all, f)
	}
	return all
}
