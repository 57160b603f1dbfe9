package main

import (
	"math/rand/v2"
	"strings"
)

// Two kinds of verbatim go into a load: those that the coder can decide on its
// own (a term's name, a synonym, or a spelling that differs in case, hyphen,
// plural, British letters or comma inversion only), and those for which it can but
// suggest.
type pools struct{ decided, suggested []string }

// suggestedPool bounds the second kind in one language, which could be varied
// without end.
var suggestedPool = map[string]int{"en": 5000, "zh": 800}

// makePools words the pools of one language. Their order is random, so that a
// verbatim's frequency, which falls with its position, says nothing of its kind.
func makePools(language string, w wordings, r *rand.Rand) pools {
	decide, suggest := decidedEnglish, suggestedEnglish
	if language == "zh" {
		decide, suggest = decidedChinese, suggestedChinese
	}
	var p pools
	seen := map[string]bool{}
	add := func(pool *[]string, verbatim string) {
		if !seen[verbatim] {
			seen[verbatim] = true
			*pool = append(*pool, verbatim)
		}
	}
	for _, s := range w.synonyms {
		add(&p.decided, s)
	}
	for _, name := range w.names {
		for _, verbatim := range decide(name) {
			add(&p.decided, verbatim)
		}
	}
	// A few draws repeat one another; the bound on tries keeps a tiny vocabulary
	// from looping.
	for tries := 0; len(p.suggested) < suggestedPool[language] && tries < 4*suggestedPool[language]; tries++ {
		if verbatim := suggest(w.names, r); !seen[strings.ToLower(verbatim)] {
			add(&p.suggested, verbatim)
		}
	}
	shuffle(p.decided, r)
	shuffle(p.suggested, r)
	return p
}

func shuffle(s []string, r *rand.Rand) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

// decidedEnglish spells a name in the ways that change nothing in it.
func decidedEnglish(name string) []string {
	lower := strings.ToLower(name)
	all := []string{name, lower, strings.ToUpper(name)}
	if british := toBritish.Replace(lower); british != lower {
		all = append(all, british)
	}
	words := strings.Fields(lower)
	last := words[len(words)-1]
	if countable[last] {
		all = append(all, lower+"s")
	}
	if len(words) == 2 {
		all = append(all, words[0]+"-"+words[1])
		if invertible[last] {
			all = append(all, last+", "+words[0])
		}
	}
	return all
}

var (
	// The first pairs guard words in which a later one would hit by accident.
	toBritish = strings.NewReplacer("chemo", "chemo", "gastroesophag", "gastro-oesophag",
		"edema", "oedema", "rrhea", "rrhoea", "pnea", "pnoea", "hemo", "haemo", "hemat", "haemat", "emia", "aemia", "uremic", "uraemic",
		"esophag", "oesophag", "esthesia", "aesthesia", "tumor", "tumour", "color", "colour", "cecal", "caecal", "fecal", "faecal")

	countable = set("headache", "ulcer", "hemorrhage", "fistula", "fracture", "infection", "disorder",
		"seizure", "tremor", "fall", "burn", "hematoma", "cramp", "spasm", "leak", "perforation", "toothache")

	invertible = set("pain", "hemorrhage", "infection", "ulcer", "edema", "fistula", "stenosis", "perforation", "obstruction", "disorder")
)

// suggestedEnglish words a report that goes beyond a name: misspelt, with a word
// of severity, course or side, or naming two things.
func suggestedEnglish(names []string, r *rand.Rand) string {
	name := strings.ToLower(pick(names, r))
	switch r.IntN(10) {
	case 0, 1, 2:
		return misspell(name, r)
	case 3, 4, 5:
		if hasSide(name) && r.IntN(2) == 0 {
			return pick(sidesEnglish, r) + " " + name
		}
		if r.IntN(3) == 0 {
			return name + ", " + pick(severityEnglish, r)
		}
		return pick(severityEnglish, r) + " " + name
	case 6:
		return pick(courseEnglish, r) + " " + name
	default:
		return name + pick([]string{" and ", ", ", " with ", " / "}, r) + strings.ToLower(other(names, name, r))
	}
}

var (
	severityEnglish = []string{"mild", "moderate", "severe", "very severe", "grade 1", "grade 2", "grade 3", "slight", "worsening"}
	courseEnglish   = []string{"intermittent", "occasional", "recurrent", "persistent", "ongoing", "possible", "history of", "increased", "new onset of"}
	sidesEnglish    = []string{"left", "right", "bilateral", "left sided", "right sided"}
	sidedWords      = []string{"pain", "ear ", "eye", "breast", "fracture", "limb", "edema", "kidney", "hearing", "retinal", "testicular", "extremity",
		"耳", "眼", "乳房", "骨折", "肢", "水肿", "肾", "听力", "视网膜", "睾丸"}
)

func hasSide(name string) bool {
	for _, w := range sidedWords {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// misspell swaps, drops or doubles a letter of the longest word, beyond its first.
func misspell(name string, r *rand.Rand) string {
	longest := ""
	for _, w := range strings.Fields(name) {
		if len(w) > len(longest) {
			longest = w
		}
	}
	if len(longest) < 4 {
		return name + name[len(name)-1:]
	}
	at := strings.Index(name, longest) + 1 + r.IntN(len(longest)-2)
	switch r.IntN(3) {
	case 0:
		if name[at] != name[at+1] {
			return name[:at] + name[at+1:at+2] + name[at:at+1] + name[at+2:]
		}
		return name[:at] + name[at+1:]
	case 1:
		return name[:at] + name[at+1:]
	default:
		return name[:at] + name[at:at+1] + name[at:]
	}
}

func decidedChinese(name string) []string { return []string{name} }

// suggestedChinese does the like in Chinese; its typo is a character that is
// missing.
func suggestedChinese(names []string, r *rand.Rand) string {
	name := pick(names, r)
	switch r.IntN(10) {
	case 0, 1:
		runes := []rune(name)
		if len(runes) < 4 {
			return pick(severityChinese, r) + name
		}
		at := 1 + r.IntN(len(runes)-2)
		return string(runes[:at]) + string(runes[at+1:])
	case 2, 3, 4:
		if r.IntN(3) == 0 {
			return name + "（" + pick(severityChinese, r) + "）"
		}
		return pick(severityChinese, r) + name
	case 5, 6:
		if hasSide(name) {
			return pick(sidesChinese, r) + name
		}
		return pick(courseChinese, r) + name
	default:
		return name + pick([]string{"伴", "、", "和", "，"}, r) + other(names, name, r)
	}
}

var (
	severityChinese = []string{"轻度", "中度", "重度", "轻微", "严重", "1级", "2级", "3级"}
	courseChinese   = []string{"间断", "偶发", "反复", "持续", "疑似", "可能"}
	sidesChinese    = []string{"左侧", "右侧", "双侧"}
)

func pick(from []string, r *rand.Rand) string { return from[r.IntN(len(from))] }

// other picks a name that differs from this one in more than its case, where
// there is one.
func other(names []string, name string, r *rand.Rand) string {
	at := r.IntN(len(names))
	if strings.EqualFold(names[at], name) {
		at = (at + 1) % len(names)
	}
	return names[at]
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
