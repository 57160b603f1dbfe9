package intake

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// The default columns, named as in SDTM AE.
const (
	DefaultRecordID = "AESPID"
	DefaultStudy    = "STUDYID"
	DefaultVerbatim = "AETERM"
	DefaultSerious  = "AESER"
	DefaultLanguage = "LANG"
)

// Mapping says which columns of a file hold what. Names are matched trimmed and
// without regard to case. An empty field means the default column; the default
// Serious and Language columns may be absent from the file, a named one may not.
type Mapping struct {
	// RecordID are the columns that together identify a record within its study;
	// default AESPID.
	RecordID []string
	// Study: default STUDYID.
	Study string
	// Verbatim: default AETERM.
	Verbatim string
	// Serious: default AESER.
	Serious string
	// Language: default LANG.
	Language string
	// StudyValue is the study of every record; Study is empty then.
	StudyValue string
	// Volatile are columns that change from one extract to the next without the
	// report having changed. A column without a name is always one of them.
	Volatile []string
}

// unnamedPrefix begins the name that a column without one gets, before its number.
const unnamedPrefix = "COLUMN_"

// unnamed reports whether a column got its name from its number.
func unnamed(column string) bool {
	number, ok := strings.CutPrefix(column, unnamedPrefix)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// roles are a mapping's columns with the defaults filled in.
type roles struct {
	id                                 []string
	study, verbatim, serious, language string
	needSerious, needLanguage          bool
	idGiven                            bool
	studyValue                         string
	volatile                           []string
}

func (m Mapping) roles() (roles, error) {
	or := func(name, byDefault string) string {
		if name = strings.TrimSpace(name); name != "" {
			return name
		}
		return byDefault
	}
	r := roles{
		study:        or(m.Study, DefaultStudy),
		verbatim:     or(m.Verbatim, DefaultVerbatim),
		serious:      or(m.Serious, DefaultSerious),
		language:     or(m.Language, DefaultLanguage),
		needSerious:  strings.TrimSpace(m.Serious) != "",
		needLanguage: strings.TrimSpace(m.Language) != "",
		idGiven:      len(m.RecordID) > 0,
	}
	if r.studyValue = strings.TrimFunc(m.StudyValue, invisible); m.StudyValue != "" {
		if strings.TrimSpace(m.Study) != "" {
			return roles{}, faultf("mapping.study_value", "the study has a column and a value; give one of them")
		}
		if err := checkIdentityPart(r.studyValue); err != nil {
			return roles{}, faultf("mapping.study_value", "it cannot be used: %v", err)
		}
	}
	for _, name := range m.Volatile {
		r.volatile = append(r.volatile, fold(name))
	}
	for _, name := range m.RecordID {
		name = strings.TrimSpace(name)
		if name == "" {
			return roles{}, faultf("mapping.record_id", "a column name is empty; give names such as --id USUBJID,AESEQ")
		}
		if slices.ContainsFunc(r.id, func(other string) bool { return fold(other) == fold(name) }) {
			return roles{}, faultf("mapping.record_id", "the column %s is named twice", name)
		}
		r.id = append(r.id, name)
	}
	if !r.idGiven {
		r.id = []string{DefaultRecordID}
	}
	return r, nil
}

// IdentityColumns gives the columns that identify a record, with the default filled
// in.
func (m Mapping) IdentityColumns() []string {
	r, err := m.roles()
	if err != nil {
		return nil
	}
	return r.id
}

// warnings tells what is allowed but should be known.
func (r roles) warnings() []string {
	var w []string
	if slices.ContainsFunc(r.id, func(name string) bool { return fold(name) == "aeseq" }) {
		w = append(w, "AESEQ is part of the record id, but it is renumbered by re-exports: a report whose number changes comes in as a new one. Use a column that never changes, such as AESPID, where the source has one.")
	}
	return w
}

// layout is where a record's roles are; -1 where a column is absent.
type layout struct {
	id                                 []int
	study, verbatim, serious, language int
	// criteria are the columns of package variable criteria that there are.
	criteria []int
	// volatile tells for each column whether it is; nil where none is.
	volatile []bool
}

// layout takes the folded column names.
func (r roles) layout(folded []string) layout {
	l := layout{
		id:       make([]int, len(r.id)),
		study:    slices.Index(folded, fold(r.study)),
		verbatim: slices.Index(folded, fold(r.verbatim)),
		serious:  slices.Index(folded, fold(r.serious)),
		language: slices.Index(folded, fold(r.language)),
		criteria: criteriaIn(folded),
	}
	for i, name := range r.id {
		l.id[i] = slices.Index(folded, fold(name))
	}
	for i, name := range folded {
		if unnamed(strings.ToUpper(name)) || slices.Contains(r.volatile, name) {
			if l.volatile == nil {
				l.volatile = make([]bool, len(folded))
			}
			l.volatile[i] = true
		}
	}
	return l
}

// checkVolatile refuses a volatile column that the file lacks, or that a report
// rests on.
func (r roles) checkVolatile(folded []string) error {
	used := append([]string{fold(r.study), fold(r.verbatim), fold(r.serious), fold(r.language)}, foldAll(r.id)...)
	for _, name := range r.volatile {
		switch {
		case !slices.Contains(folded, name):
			return faultf("mapping.volatile", "the file has no column %s", quotable(name))
		case slices.Contains(used, name):
			return faultf("mapping.volatile", "the column %s is mapped to another use; it cannot be volatile", quotable(name))
		}
	}
	return nil
}

// fileWarnings tells what the file's columns leave open.
func (r roles) fileWarnings(columns []string) []string {
	if r.layout(foldAll(columns)).serious >= 0 {
		return nil
	}
	return []string{"The file has no column " + DefaultSerious + ": the seriousness of its reports is unknown, unless a criterion such as AESHOSP says yes. They are coded and reviewed with the serious ones, and a report that is known as serious stays so. Name the column with --serious if there is one."}
}

// check is the error for the first mapped column that the file lacks. Its
// message lists the columns there are only where at least one is known to be a
// column: without a header the first row would be in its place, with a patient's
// words.
func (r roles) check(columns []string) error {
	l := r.layout(foldAll(columns))
	there := fmt.Sprintf("The file has %d columns, none by a name that is known; they are not shown because without a header they would be a report.", len(columns))
	if headerKnown(columns, r) {
		const shown = 50
		there = "The file has: " + strings.Join(columns[:min(len(columns), shown)], ", ") + "."
		if more := len(columns) - shown; more > 0 {
			there = strings.TrimSuffix(there, ".") + fmt.Sprintf(", and %d more.", more)
		}
	}
	if len(columns) == 1 && strings.ContainsAny(columns[0], ";\t|$^") {
		there = "The file seems to have another separator than the one named."
	}
	missing := func(field, column, flag, hint string) error {
		return faultf(field, "the file has no column %s%s; name the right one with %s. %s", quotable(column), hint, flag, there)
	}
	for i, at := range l.id {
		switch {
		case at >= 0:
		case r.idGiven:
			return missing("mapping.record_id", r.id[i], "--id", " (part of the record id)")
		default:
			return faultf("mapping.record_id", "the file has no column %s, the source system's own id of a record; say which columns identify one, for example --id USUBJID,AESEQ. %s", DefaultRecordID, there)
		}
	}
	switch {
	case l.study < 0 && r.studyValue == "":
		return missing("mapping.study", r.study, "--study", " (the study; --study-value gives one to all rows)")
	case l.verbatim < 0:
		return missing("mapping.verbatim", r.verbatim, "--verbatim", " (the verbatim)")
	case l.serious < 0 && r.needSerious:
		return missing("mapping.serious", r.serious, "--serious", " (whether it is serious)")
	case l.language < 0 && r.needLanguage:
		return missing("mapping.language", r.language, "--language", " (the language)")
	}
	return r.checkVolatile(foldAll(columns))
}

// sdtm are column names that only a header has.
var sdtm = []string{
	"studyid", "usubjid", "subjid", "siteid", "domain", "aespid", "aeseq", "aeterm", "aeser", "aesev", "aerel",
	"aeout", "aestdtc", "aeendtc", "lang",
}

func headerKnown(columns []string, r roles) bool {
	known := append(slices.Clone(sdtm), fold(r.study), fold(r.verbatim), fold(r.serious), fold(r.language))
	for _, name := range r.id {
		known = append(known, fold(name))
	}
	return slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(known, fold(c)) })
}

// quotable gives a name from a request as it may stand in a one-line message.
func quotable(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return '?'
		}
		return r
	}, name)
	if len(name) > MaxColumnBytes {
		return "of that name"
	}
	return name
}

// fold gives a column name as it is compared.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func foldAll(names []string) []string {
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = fold(name)
	}
	return folded
}

const (
	idJoiner = '|'
	idEscape = '\\'
)

// joinRecordID makes one record id of its parts, such that different parts give
// different ids: joined by "|", with "\" before each "|" and "\" of a part. One
// part alone stands as it is.
func joinRecordID(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteByte(idJoiner)
		}
		for _, c := range []byte(part) {
			if c == idJoiner || c == idEscape {
				b.WriteByte(idEscape)
			}
			b.WriteByte(c)
		}
	}
	return b.String()
}
