package intake

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"aecode/data-sync/internal/report"
)

// invisible tells what is trimmed from the ends of a verbatim, an identity or a
// column name: white space, line ends included, and the zero-width marks that
// programs leave at the edges of a text.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || r == '\u200B' || r == '\uFEFF'
}

// CheckVerbatim gives the verbatim as it is coded: trimmed of white space at its
// ends, line ends included. hold is why it cannot be coded, empty when it can.
// Where the bytes are not valid UTF-8, or hold NUL, they come back in raw and
// text is empty.
//
// A line end within the text is held too: one term has none, and several lines
// are several terms or a narrative, which a person takes apart.
func CheckVerbatim(verbatim string) (text string, raw []byte, hold report.Reason) {
	text = strings.TrimFunc(verbatim, invisible)
	switch {
	case !utf8.ValidString(verbatim):
		return "", []byte(verbatim), report.InvalidUTF8
	case strings.IndexByte(verbatim, 0) >= 0:
		return "", []byte(verbatim), report.ControlCharacter
	case text == "" || missing(text):
		return "", nil, report.Empty
	case unanswered(text):
		return text, nil, report.NotKnown
	case len(text) > MaxVerbatimRunes && utf8.RuneCountInString(text) > MaxVerbatimRunes:
		return text, nil, report.TooLong
	}
	for _, r := range text {
		switch {
		case lineBreak(r):
			hold = report.NewlineInVerbatim
		case unicode.IsControl(r):
			return text, nil, report.ControlCharacter
		}
	}
	return text, nil, hold
}

// missing reports whether a text is what programs write for a cell without a value.
// "None", "NA" and the like are none of them: a person may have written that there
// was no event.
func missing(text string) bool {
	switch strings.ToLower(text) {
	case ".", "null", "#n/a", "nan":
		return true
	}
	return false
}

// unanswered reports whether a text says that the verbatim is not known.
func unanswered(text string) bool {
	switch strings.ToLower(text) {
	case "unk", "unknown", "uk", "not known", "nk", "不详", "未知":
		return true
	}
	return false
}

// lineBreak: LF, CR, next line, line and paragraph separator.
func lineBreak(r rune) bool {
	switch r {
	case '\n', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// holdMessage says what a person finds.
func holdMessage(hold report.Reason) string {
	switch hold {
	case report.Empty:
		return "the verbatim is empty"
	case report.NotKnown:
		return "the verbatim says that it is not known; ask the site for it"
	case report.TooLong:
		return fmt.Sprintf("the verbatim is longer than %d characters", MaxVerbatimRunes)
	case report.InvalidUTF8:
		return "the verbatim is not valid in the file's encoding; its bytes are kept"
	case report.ControlCharacter:
		return "the verbatim holds a control character"
	case report.NewlineInVerbatim:
		return "the verbatim has more than one line; it may be more than one term"
	}
	return "the verbatim cannot be coded"
}

// CheckIdentity tells whether id can identify a report: a study and a record id
// of 1 to report.MaxIdentityBytes bytes of valid UTF-8 each, without control
// characters. The error says what is wrong without quoting it.
func CheckIdentity(id report.Identity) error {
	if err := checkIdentityPart(id.Study); err != nil {
		return fmt.Errorf("study: %w", err)
	}
	if err := checkIdentityPart(id.RecordID); err != nil {
		return fmt.Errorf("record id: %w", err)
	}
	return nil
}

// CheckSource tells whether the name of a source system can be part of an
// identity: as CheckIdentity for the other parts.
func CheckSource(source string) error {
	if err := checkIdentityPart(source); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return nil
}

func checkIdentityPart(part string) error {
	switch {
	case strings.TrimFunc(part, invisible) == "":
		return errors.New("it is empty")
	case len(part) > report.MaxIdentityBytes:
		return fmt.Errorf("it is longer than %d bytes", report.MaxIdentityBytes)
	case !utf8.ValidString(part):
		return errors.New("it is not valid in the file's encoding")
	case strings.ContainsFunc(part, func(r rune) bool { return unicode.IsControl(r) || lineBreak(r) }):
		return errors.New("it holds a control character or a line end")
	}
	return nil
}

// undetermined is BCP 47's code for a language that is not known.
const undetermined = "und"

// Language gives a stated language as terminology takes it: "en" and "zh" for
// their usual names and codes, with or without a region; another ISO 639 code in
// lower case, which terminology then refuses; empty for none. known is false when
// the value is no language code at all, and language is then "und".
func Language(stated string) (tag string, known bool) {
	value := strings.ToLower(strings.TrimFunc(stated, invisible))
	value = strings.ReplaceAll(value, "_", "-")
	base, region, regional := strings.Cut(value, "-")
	switch base {
	case "":
		return "", value == ""
	case "english", "英文", "英语":
		return "en", true
	case "chinese", "mandarin", "中文", "汉语", "简体中文":
		return "zh", true
	}
	parsed, err := languageOf(base)
	// BCP 47 allows 35 characters. What looks otherwise may be a cell of another
	// column, which must not travel as a language into other services' errors.
	if err != nil || len(value) > 35 || strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return undetermined, false
	}
	switch {
	case parsed == "en" || parsed == "zh":
		return parsed, true
	case regional:
		return parsed + "-" + region, true
	}
	return parsed, true
}

// bibliographic are the ISO 639-2 codes that differ from the terminological ones,
// with the two-letter code.
var bibliographic = map[string]string{
	"alb": "sq", "arm": "hy", "baq": "eu", "bur": "my", "chi": "zh", "cze": "cs", "dut": "nl", "fre": "fr", "geo": "ka", "ger": "de",
	"gre": "el", "ice": "is", "mac": "mk", "mao": "mi", "may": "ms", "per": "fa", "rum": "ro", "slo": "sk", "tib": "bo", "wel": "cy",
}

// languageOf gives the shortest ISO 639 code of a language that code is of: cmn,
// zho and chi are zh.
func languageOf(code string) (string, error) {
	if two, ok := bibliographic[code]; ok {
		return two, nil
	}
	base, err := language.ParseBase(code)
	if err != nil {
		return "", err
	}
	tag, err := language.All.Compose(base)
	if err != nil {
		return "", err
	}
	canonical, _ := tag.Base()
	return canonical.String(), nil
}
