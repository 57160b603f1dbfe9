package ranking

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
)

// functionWords carry no meaning here. Words that negate or oppose are not among them.
var functionWords = set(`a an and the of in on at by for to from with into onto as or but so than then that this these those
	i me my mine myself you your yours he him his she her hers it its we us our they them their who which what
	am is are was were be been being do does did doing done have has had having will would shall should may might must
	very really quite just also still even too such some any lot lots bit little
	get gets got getting gotten feel feels felt feeling seem seems seemed patient pt subject while when during due
	because about around there here if up etc nos nec unspecified`)

// contractions are words that contain another, usually "not". Those that end in -n't
// are split by rule.
var contractions = map[string][]string{
	"cannot": {"can", "not"}, "cant": {"can", "not"}, "can't": {"can", "not"}, "won't": {"will", "not"},
	"dont": {"not"}, "didnt": {"not"}, "doesnt": {"not"}, "couldnt": {"could", "not"}, "wouldnt": {"not"}, "wont": {"not"},
	"isnt": {"not"}, "wasnt": {"not"}, "couldn": {"could", "not"},
}

// minorWords say how severe, on which side, when or how often. They have little weight
// compared with the complaint itself.
var minorWords = set(`mild moderate severe slight slightly mildly moderately severely marked markedly intense extreme extremely
	left right bilateral bilaterally l r lt rt bil occasional occasionally intermittent intermittently constant constantly persistent
	frequent frequently ongoing transient temporary sporadic worsening worsened worse aggravated exacerbation exacerbated possible
	possibly probable probably suspected presumed likely grade day days week weeks month months hour hours minute minutes year years
	night morning evening am pm daily episode episodes event events overall general onset new newly sometimes times time after before
	start started starting began taking medication meds drug overall approx approximately several multiple both side area
	more much too all over every first second whole entire`)

// minorWeight is the factor for the weight of a minor word.
const minorWeight = 0.3

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// contentWords emits the words of a folded English wording that carry meaning.
// If there are none, it emits all words.
func contentWords(folded string, emit func(string)) {
	n := 0
	eachWord(folded, func(w string) {
		if !functionWords[w] {
			n++
			emit(w)
		}
	})
	if n == 0 {
		eachWord(folded, emit)
	}
}

func eachWord(text string, emit func(string)) {
	for len(text) > 0 {
		n := wordLen(text)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text)
			text = text[size:]
			continue
		}
		w := strings.Trim(text[:n], "'")
		text = text[n:]
		if w == "" {
			continue
		}
		if parts, ok := contractions[w]; ok {
			for _, p := range parts {
				emit(p)
			}
			continue
		}
		if base, ok := strings.CutSuffix(w, "n't"); ok {
			emit(base)
			emit("not")
			continue
		}
		if i := strings.IndexByte(w, '\''); i > 0 && len(w)-i <= 3 { // i'm, i've, it'll
			w = w[:i]
		}
		emit(w)
	}
}

func wordLen(s string) int {
	for i, r := range s {
		if r < utf8.RuneSelf {
			if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '\'' {
				continue
			}
			return i
		}
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) {
			return i
		}
	}
	return len(s)
}

// stem gives the stem of an English word; words with digits are their own.
func stem(w string) string {
	if len(w) < 4 || strings.ContainsAny(w, "0123456789") {
		return w
	}
	return english.Stem(w, true)
}

// withoutMinorWords gives a folded English wording without function words, minor words
// and numbers, to compare its letters. It gives the wording itself if nothing else is
// in it, or if a sign is.
func withoutMinorWords(folded string) string {
	if strings.ContainsAny(folded, "+<>=%") || strings.HasSuffix(folded, "-") {
		return folded
	}
	var b strings.Builder
	eachWord(folded, func(w string) {
		if functionWords[w] || minorWords[w] || numeric(w) {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	})
	if b.Len() == 0 {
		return folded
	}
	return b.String()
}
