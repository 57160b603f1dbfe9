package meddra

import (
	"fmt"
	"strconv"
	"strings"
)

// Code is a MedDRA code: eight decimal digits, the first of them not zero. The zero Code
// means "no code" and belongs to no term.
type Code int32

// codeDigits is the fixed width of a MedDRA code.
const codeDigits = 8

// String returns the code in decimal, as in the distribution files.
func (c Code) String() string { return strconv.Itoa(int(c)) }

// ParseCode reads a code of exactly eight ASCII digits, the first not zero. No
// sign, space or separator is accepted.
func ParseCode(s string) (Code, error) {
	if c, ok := parseCode(s); ok {
		return c, nil
	}
	return 0, fmt.Errorf("%s is not an 8-digit MedDRA code", quote(s))
}

func parseCode[T string | []byte](s T) (Code, bool) {
	if len(s) != codeDigits || s[0] == '0' {
		return 0, false
	}
	var c Code
	for i := range codeDigits {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		c = c*10 + Code(d)
	}
	return c, true
}

// Language is the language of a release, as an ISO 639-1 code.
type Language string

// The languages that can be loaded.
const (
	English Language = "en"
	Chinese Language = "zh"
)

// Languages returns the languages that can be loaded, in a fixed order.
func Languages() []Language { return []Language{English, Chinese} }

// ParseLanguage reads a language by its code or by the name that
// meddra_release.asc or a folder uses, in any letter case: "en", "English", "zh",
// "Chinese", "中文".
func ParseLanguage(s string) (Language, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "en", "eng", "english":
		return English, nil
	case "zh", "zho", "chi", "zh-cn", "zh-hans", "chinese", "simplified chinese", "chinese (simplified)", "中文", "简体中文", "汉语":
		return Chinese, nil
	}
	return "", fmt.Errorf("language %s is not supported, want English or Chinese", quote(s))
}

// Level is a level of the MedDRA hierarchy. Levels are ordered from the finest,
// [LevelLLT], to the coarsest, [LevelSOC]; the zero Level is none of them.
type Level uint8

// The five levels.
const (
	LevelLLT  Level = iota + 1 // lowest level term, the level that is coded to
	LevelPT                    // preferred term
	LevelHLT                   // high level term
	LevelHLGT                  // high level group term
	LevelSOC                   // system organ class
)

var levelNames = [...]string{LevelLLT: "LLT", LevelPT: "PT", LevelHLT: "HLT", LevelHLGT: "HLGT", LevelSOC: "SOC"}

// String returns the level's abbreviation, such as "LLT".
func (l Level) String() string {
	if l < LevelLLT || l > LevelSOC {
		return "Level(" + strconv.Itoa(int(l)) + ")"
	}
	return levelNames[l]
}

// ParseLevel reads a level's abbreviation in any case.
func ParseLevel(s string) (Level, error) {
	for l := LevelLLT; l <= LevelSOC; l++ {
		if strings.EqualFold(s, levelNames[l]) {
			return l, nil
		}
	}
	return 0, fmt.Errorf("%s is not a level, want LLT, PT, HLT, HLGT or SOC", quote(s))
}

// quote quotes a field for an error message. It shortens the field, so that a damaged
// file cannot fill a log.
func quote[T string | []byte](s T) string {
	const limit = 24
	if len(s) > limit {
		return strconv.Quote(string(s[:limit])) + "..."
	}
	return strconv.Quote(string(s))
}
