package fullsize

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// Kind is how a verbatim differs from the name that it was made of.
type Kind string

// The kinds of verbatims.
const (
	Exact       Kind = "exact"
	Folded      Kind = "folded" // letter case, spelling, plural
	Misspelt    Kind = "misspelt"
	Reordered   Kind = "reordered"
	Qualified   Kind = "qualified" // with a word of severity, side or course
	Partial     Kind = "partial"   // a word short
	Abbreviated Kind = "abbreviated"
	Joined      Kind = "joined" // two terms at once; the code is the first's
	Sentence    Kind = "sentence"
)

// Query is a verbatim with the LLT and PT that it was made of. Whether a coder
// should give these by itself depends on its kind.
type Query struct {
	Verbatim, Language string
	Kind               Kind
	LLT, PT            string
}

// kinds in the order of their weights, in hundredths.
var kinds = []struct {
	kind   Kind
	weight int
}{
	{Exact, 25}, {Folded, 15}, {Misspelt, 15}, {Reordered, 10}, {Qualified, 12}, {Partial, 8}, {Abbreviated, 4}, {Joined, 5}, {Sentence, 6},
}

// Queries makes n verbatims of current LLTs, two of three in English. A kind that
// a name does not allow becomes a qualified one.
func (r *Release) Queries(n int, seed uint64) []Query {
	draw := rand.New(rand.NewPCG(seed, 0x71756572))
	var current []llt
	for _, l := range r.llts {
		if l.current {
			current = append(current, l)
		}
	}
	queries := make([]Query, n)
	for i := range queries {
		l, other := current[draw.IntN(len(current))], current[draw.IntN(len(current))]
		q := Query{Language: English, Kind: drawKind(draw), LLT: strconv.Itoa(l.code), PT: strconv.Itoa(r.pts[l.pt].code)}
		word := inEnglish
		if draw.IntN(3) == 0 {
			q.Language, word = Chinese, inChinese
		}
		name := l.in(q.Language)
		q.Verbatim = word(draw, q.Kind, name, other.in(q.Language))
		if q.Verbatim == "" || q.Kind != Exact && q.Verbatim == name {
			q.Kind = Qualified
			q.Verbatim = word(draw, q.Kind, name, "")
		}
		queries[i] = q
	}
	return queries
}

func drawKind(draw *rand.Rand) Kind {
	x := draw.IntN(100)
	for _, k := range kinds {
		if x -= k.weight; x < 0 {
			return k.kind
		}
	}
	return Exact
}

// inEnglish words a verbatim; empty where the kind does not fit the name.
func inEnglish(draw *rand.Rand, kind Kind, name, other string) string {
	lower := strings.ToLower(name)
	words := strings.Fields(lower)
	switch kind {
	case Exact:
		return name
	case Folded:
		switch draw.IntN(4) {
		case 0:
			return strings.ToUpper(name)
		case 1:
			return american.Replace(lower)
		case 2:
			if p, ok := plural(lower); ok {
				return p
			}
		}
		return lower
	case Misspelt:
		return misspell(draw, words)
	case Reordered:
		if len(words) < 2 {
			return ""
		}
		for i := range words {
			words[i] = strings.Trim(words[i], ",")
		}
		at := 1 + draw.IntN(len(words)-1)
		return strings.Join(append(append([]string{}, words[at:]...), words[:at]...), " ")
	case Qualified:
		if draw.IntN(3) == 0 {
			return lower + ", " + choose(draw, severities)
		}
		return choose(draw, append(courses, severities...)) + " " + lower
	case Partial:
		if len(words) < 3 {
			return ""
		}
		at := draw.IntN(len(words))
		return strings.Join(append(append([]string{}, words[:at]...), words[at+1:]...), " ")
	case Abbreviated:
		return abbreviate(lower)
	case Joined:
		return lower + choose(draw, []string{" and ", ", ", " with ", " / ", " + "}) + strings.ToLower(other)
	case Sentence:
		return choose(draw, before) + " " + lower + " " + choose(draw, after)
	}
	return ""
}

var (
	severities = []string{"mild", "moderate", "severe", "grade 1", "grade 2", "grade 3", "slight", "worsening"}
	courses    = []string{"left", "right", "bilateral", "intermittent", "recurrent", "persistent", "possible", "suspected", "history of", "new onset of"}
	before     = []string{"patient complained of", "subject reported", "pt had", "developed", "onset of", "hospitalised for"}
	after      = []string{"after the second dose", "since yesterday", "during the study", "resolved without treatment", "on day 3", "per investigator"}
)

// misspell swaps, drops, doubles or changes a letter of a long word.
func misspell(draw *rand.Rand, words []string) string {
	long := 0
	for i, w := range words {
		if len(w) > len(words[long]) {
			long = i
		}
	}
	w := words[long]
	if len(w) < 5 || !ascii(w) {
		return ""
	}
	at := 1 + draw.IntN(len(w)-2)
	switch draw.IntN(4) {
	case 0:
		w = w[:at] + w[at+1:at+2] + w[at:at+1] + w[at+2:]
	case 1:
		w = w[:at] + w[at+1:]
	case 2:
		w = w[:at] + w[at:at+1] + w[at:]
	default:
		w = w[:at] + string(rune('a'+draw.IntN(26))) + w[at+1:]
	}
	spelt := append([]string{}, words...)
	spelt[long] = w
	return strings.Join(spelt, " ")
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// abbreviate shortens what clinicians shorten; empty where there is nothing.
func abbreviate(lower string) string {
	if short := short.Replace(lower); short != lower {
		return short
	}
	return ""
}

var short = strings.NewReplacer("urinary tract infection", "UTI", "infection", "infx", "chronic", "chr.", "acute", "ac.", "increased", "incr", "decreased", "decr",
	"abdominal", "abd", "bilateral", "bilat", "blood glucose", "BG", "haemorrhage", "haem.", "fracture", "fx", "syndrome", "synd.", "procedure", "proc", "congenital", "cong.")

// inChinese words a verbatim; its typo is a character that is missing or doubled.
func inChinese(draw *rand.Rand, kind Kind, name, other string) string {
	runes := []rune(name)
	switch kind {
	case Exact:
		return name
	case Folded:
		return strings.NewReplacer("，", ",", "（", "(", "）", ")").Replace(name) + choose(draw, []string{"。", " ", "."})
	case Misspelt:
		if len(runes) < 4 {
			return ""
		}
		at := 1 + draw.IntN(len(runes)-2)
		if draw.IntN(2) == 0 {
			return string(runes[:at]) + string(runes[at+1:])
		}
		return string(runes[:at]) + string(runes[at]) + string(runes[at:])
	case Reordered:
		if len(runes) < 4 {
			return ""
		}
		at := 2 + draw.IntN(len(runes)-3)
		return string(runes[at:]) + string(runes[:at])
	case Qualified:
		if draw.IntN(3) == 0 {
			return name + "（" + choose(draw, severitiesChinese) + "）"
		}
		return choose(draw, append(coursesChinese, severitiesChinese...)) + name
	case Partial:
		if len(runes) < 5 {
			return ""
		}
		return string(runes[:len(runes)-2])
	case Joined:
		return name + choose(draw, []string{"伴", "、", "和", "，", "及"}) + other
	case Sentence:
		return choose(draw, beforeChinese) + name + choose(draw, afterChinese)
	}
	return ""
}

var (
	severitiesChinese = []string{"轻度", "中度", "重度", "1级", "2级", "3级", "轻微", "严重"}
	coursesChinese    = []string{"左侧", "右侧", "双侧", "间断", "反复", "持续", "疑似", "可能"}
	beforeChinese     = []string{"患者诉", "受试者出现", "发生", "因"}
	afterChinese      = []string{"，未处理自行缓解", "，第二次给药后", "入院", "3天"}
)

func choose(draw *rand.Rand, from []string) string { return from[draw.IntN(len(from))] }
