package lists

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// studyScope is the beginning of the scope of a study's synonym: "study:ABC-001".
const studyScope = "study:"

// Dictionary is the release in one language that synonyms are checked against.
// [*meddra.Release] is one. The languages of one dictionary version are a map of
// them, such as [meddra.Version].Releases.
type Dictionary interface {
	Version() string
	LLT(meddra.Code) (meddra.LLT, bool)
	Lookup(meddra.Code) (meddra.Term, meddra.Level, bool)
}

// Synonym is one synonym.
type Synonym struct {
	Study    string // empty: the sponsor's, which holds for every study
	Language meddra.Language
	Verbatim string // as it is in the file
	Folded   string // its folded form, see [verbatim.Fold]
	LLT      meddra.Code
}

// Synonyms is a checked list of synonyms. It is immutable and safe for concurrent use.
type Synonyms struct {
	version string
	entries []Synonym
	codes   map[key]meddra.Code
	studies map[string]bool
}

// NoSynonyms returns the empty list, whose version is [NoVersion].
func NoSynonyms() *Synonyms { return &Synonyms{version: NoVersion} }

// LoadSynonyms reads a list from a file, see [ParseSynonyms]. A file that does not exist
// is an error, since nobody would notice that it is not used.
func LoadSynonyms[D Dictionary](path string, dictionaries map[meddra.Language]D) (*Synonyms, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open synonym list: %w", err)
	}
	defer f.Close()
	return ParseSynonyms(filepath.Base(path), f, dictionaries)
}

// ParseSynonyms reads a list and checks it against one dictionary version. The format is
// CSV (RFC 4180) in UTF-8, with or without a byte order mark, with the columns
//
//	verbatim,language,llt_code,scope,approved_by,approved_at
//
// where scope is "sponsor" or "study:<STUDYID>", and approved_at is an RFC 3339 date
// or date-time. A code is checked in the dictionary of the row's language or, if that
// is not loaded, in any other: codes are the same in all languages of a version. Every
// code must be a current LLT, and a wording must have one code within a scope and
// language. Any fault refuses the list with a [*ValidationError]. name is the name of
// the file in messages.
func ParseSynonyms[D Dictionary](name string, r io.Reader, dictionaries map[meddra.Language]D) (*Synonyms, error) {
	t, err := openTable(name, r, []string{"verbatim", "language", "llt_code", "scope", "approved_by", "approved_at"})
	if err != nil {
		return nil, err
	}
	l := &Synonyms{codes: map[key]meddra.Code{}, studies: map[string]bool{}}
	lines := map[key]int{}
	for t.next() {
		before := len(t.problems)
		e := Synonym{Verbatim: t.verbatim(), Language: t.language()}
		e.LLT = currentLLT(t, dictionaries, e.Language)
		e.Study = t.scope()
		t.approval()
		if len(t.problems) > before {
			continue
		}
		e.Folded = verbatim.Fold(e.Language, e.Verbatim)
		k := key{e.Study, e.Language, e.Folded}
		if code, ok := l.codes[k]; ok {
			if code != e.LLT {
				t.problem(t.line, "llt_code", fmt.Sprintf("conflicts with line %d: the same wording has another code there", lines[k]))
			}
			continue
		}
		lines[k] = t.line
		for _, form := range verbatim.Forms(e.Language, e.Verbatim) {
			l.codes[key{e.Study, e.Language, form}] = e.LLT
		}
		l.studies[e.Study] = true
		l.entries = append(l.entries, e)
	}
	if err := t.err(); err != nil {
		return nil, err
	}
	l.seal()
	return l, nil
}

// seal orders the entries and computes the version. The version covers only what the
// list decides: neither the order of rows nor the date of an approval changes it.
func (l *Synonyms) seal() {
	slices.SortFunc(l.entries, func(a, b Synonym) int {
		return cmp.Or(cmp.Compare(a.Study, b.Study), cmp.Compare(a.Language, b.Language), cmp.Compare(a.Folded, b.Folded))
	})
	lines := make([]string, len(l.entries))
	for i, e := range l.entries {
		lines[i] = fmt.Sprintf("%q %s %q %s", e.Study, e.Language, e.Folded, e.LLT)
	}
	l.version = contentVersion(lines)
}

// Version returns a short hash of the list's content, or [NoVersion].
func (l *Synonyms) Version() string { return l.version }

// Entries returns the synonyms ordered by study, language and folded form. The
// slice belongs to the list.
func (l *Synonyms) Entries() []Synonym { return l.entries }

// Sponsor returns the code that the sponsor gives to a folded wording, in any of its
// [verbatim.Forms].
func (l *Synonyms) Sponsor(language meddra.Language, folded string) (meddra.Code, bool) {
	c, ok := l.codes[key{"", language, folded}]
	return c, ok
}

// Study returns the code that a study gives to a folded wording. It ignores the synonyms
// of the sponsor.
func (l *Synonyms) Study(study string, language meddra.Language, folded string) (meddra.Code, bool) {
	if study == "" || !l.studies[study] {
		return 0, false
	}
	c, ok := l.codes[key{study, language, folded}]
	return c, ok
}

// currentLLT reads the column llt_code, which must be a current LLT.
func currentLLT[D Dictionary](t *table, dictionaries map[meddra.Language]D, language meddra.Language) meddra.Code {
	code, err := meddra.ParseCode(t.field("llt_code"))
	if err != nil {
		t.problem(t.line, "llt_code", "is not an 8-digit MedDRA code")
		return 0
	}
	d, ok := dictionaryOf(dictionaries, language)
	if !ok {
		t.problem(t.line, "llt_code", "cannot be checked: no release is loaded")
		return 0
	}
	if llt, ok := d.LLT(code); ok {
		if !llt.Current {
			t.problem(t.line, "llt_code", fmt.Sprintf("%s is not a current LLT in %s", code, d.Version()))
		}
		return code
	}
	if _, level, ok := d.Lookup(code); ok {
		t.problem(t.line, "llt_code", fmt.Sprintf("%s is not an LLT but a term of level %s in %s", code, level, d.Version()))
	} else {
		t.problem(t.line, "llt_code", fmt.Sprintf("%s does not exist in %s", code, d.Version()))
	}
	return 0
}

// dictionaryOf returns the dictionary of a language or, if that is not loaded,
// the first that is; false if none is.
func dictionaryOf[D Dictionary](dictionaries map[meddra.Language]D, language meddra.Language) (d D, ok bool) {
	for _, l := range append([]meddra.Language{language}, meddra.Languages()...) {
		if d, ok = dictionaries[l]; ok {
			return d, true
		}
	}
	return d, false
}

// scope returns the study of the current row, empty for the sponsor.
func (t *table) scope() string {
	s := t.field("scope")
	if s == "sponsor" {
		return ""
	}
	study, ok := strings.CutPrefix(s, studyScope)
	if !ok || study == "" || strings.TrimSpace(study) != study || !printable(study) {
		t.problem(t.line, "scope", "is neither sponsor nor study:<STUDYID>")
	}
	return study
}
