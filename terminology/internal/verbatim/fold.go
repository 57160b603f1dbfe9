package verbatim

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"aecode/terminology/internal/meddra"
)

// Fold gives the folded form of a text. Two texts with the same folded form are the same
// wording, and one may be coded as the other without a person. Beyond [Plain] it ignores
//
//   - English: hyphen or space between two letters, possessive apostrophe, British
//     or American spelling, plural, one comma inversion ("pain, abdominal"), a
//     closing full stop;
//   - Chinese: spaces beside Han characters, variants of punctuation, a closing
//     full stop.
//
// Everything else is kept, in particular + - < > = %, digits, word order and function
// words. Words change only by reviewed tables (spelling.tsv, plurals.tsv) and by endings
// that cannot merge two words. In any other language Fold is Plain.
// Fold(lang, Fold(lang, s)) == Fold(lang, s), and the cost is linear in len(s).
//
// A comma or a space can also separate two complaints: see [Apart].
func Fold(lang meddra.Language, s string) string { return FoldPlain(lang, Plain(s)) }

// FoldPlain is [Fold] for a text that is the result of [Plain].
func FoldPlain(lang meddra.Language, plain string) string {
	switch lang {
	case meddra.English:
		return foldEnglish(plain)
	case meddra.Chinese:
		return foldChinese(plain)
	}
	return plain
}

func foldEnglish(s string) string {
	s = trimStop(s)
	b := foldWords(make([]byte, 0, len(s)+8), s)
	if t, ok := uninvert(b); ok {
		return t
	}
	if string(b) == s {
		return s
	}
	return string(b)
}

// foldWords appends each word, folded by itself.
func foldWords(b []byte, s string) []byte {
	for rest, more := s, true; more; {
		var token string
		token, rest, more = strings.Cut(rest, " ")
		if len(b) > 0 {
			b = append(b, ' ')
		}
		b = foldToken(b, token)
	}
	return b
}

// foldToken appends one token, a stretch without spaces.
func foldToken(b []byte, token string) []byte {
	// "HIV-", "-5" and "HBsAg-HCV+": in a token that may have signs, a hyphen can be a
	// minus sign.
	signs := strings.ContainsAny(token, "+<>=%") ||
		strings.HasPrefix(token, "-") || strings.HasSuffix(token, "-")
	for i := 0; i < len(token); {
		if n := wordLen(token[i:]); n > 0 {
			b = append(b, foldWord(token[i:i+n])...)
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(token[i:])
		if r == '-' && !signs && wordEnds(token[:i]) && wordStarts(token[i+1:]) {
			b = append(b, ' ')
		} else {
			b = append(b, token[i:i+n]...)
		}
		i += n
	}
	return b
}

// wordLen returns the length in bytes of the run of word characters at the
// start of s: letters, marks, digits, apostrophes.
func wordLen(s string) int {
	for i, r := range s {
		if !wordRune(r) && !isDigit(r) {
			return i
		}
	}
	return len(s)
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || r == '\''
	}
	return unicode.IsLetter(r) || unicode.IsMark(r)
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' || r >= utf8.RuneSelf && unicode.IsNumber(r) }

func wordEnds(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && wordRune(r)
}

func wordStarts(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && wordRune(r)
}

// trimStop removes one closing full stop after a letter, digit or bracket. It keeps the
// dots of an ellipsis, which says that something was left out, and of an abbreviation.
func trimStop(s string) string {
	t, ok := strings.CutSuffix(s, ".")
	if !ok || strings.Contains(t[strings.LastIndexByte(t, ' ')+1:], ".") {
		return s
	}
	if r, _ := utf8.DecodeLastRuneInString(t); t == "" || !wordRune(r) && !isDigit(r) && r != ')' {
		return s
	}
	return t
}

// maxInverted is the maximum number of words on each side of an inversion; longer
// stretches are sentences.
const maxInverted = 4

// notInverted are words of negation and coordination, whose scope depends on the word
// order. With one of them a comma separates statements, or the meaning depends on what
// follows.
var notInverted = map[string]bool{
	"no": true, "not": true, "non": true, "without": true, "never": true, "nor": true, "denies": true,
	"denied": true, "negative": true, "and": true, "or": true, "but": true, "with": true, "then": true,
	"due": true, "secondary": true, "caused": true, "by": true, "after": true, "before": true,
	"nos": true, "nec": true,
}

// uninvert turns "pain, abdominal" into "abdominal pain". The text must be two
// short stretches of words around its only comma.
func uninvert(b []byte) (string, bool) {
	comma := -1
	for i, c := range b {
		switch {
		case c == ',':
			if comma >= 0 {
				return "", false
			}
			comma = i
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == ' ', c == '\'':
		default:
			return "", false
		}
	}
	if comma <= 0 || comma == len(b)-1 {
		return "", false
	}
	head := strings.TrimSpace(string(b[:comma]))
	tail := strings.TrimSpace(string(b[comma+1:]))
	if !invertible(head) || !invertible(tail) || digitAt(head, len(head)-1) || digitAt(tail, 0) {
		return "", false
	}
	return tail + " " + head, true
}

func invertible(s string) bool {
	words := 0
	for w := range strings.SplitSeq(s, " ") {
		words++
		if w == "" || words > maxInverted || notInverted[w] || strings.HasSuffix(w, "n't") {
			return false
		}
	}
	return true
}

func digitAt(s string, i int) bool { return '0' <= s[i] && s[i] <= '9' }
