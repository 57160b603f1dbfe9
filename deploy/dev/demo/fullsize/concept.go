package fullsize

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// concept is what one PT is about: words in slots, and patterns that make names
// of them. In a pattern {0} stands for a name of the word in the first slot.
type concept struct {
	soc  string   // of the primary path
	also []string // of the others
	// place and kind name the groups above: neighbours by them share an HLT.
	place, kind word
	slots       []word
	en, zh      []string // patterns; the first gives the PT's name
}

// ptEnglish and ptChinese name the PT.
func (c *concept) ptEnglish() string { return capital(fill(c.en[0], c.first(true))) }
func (c *concept) ptChinese() string { return fill(c.zh[0], c.first(false)) }

func (c *concept) first(english bool) []string {
	chosen := make([]string, len(c.slots))
	for i, w := range c.slots {
		names := w.zh
		if english {
			names = w.en
		}
		if len(names) > 0 {
			chosen[i] = names[0]
		}
	}
	return chosen
}

// fill puts names into a pattern.
func fill(pattern string, chosen []string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		slot, after, _ := strings.Cut(rest, "}")
		if i, err := strconv.Atoi(slot); err == nil && i < len(chosen) {
			b.WriteString(chosen[i])
		}
		pattern = after
	}
}

// most bounds the names that one pattern gives.
const most = 24

// all gives the names that a pattern can give, the usual ones first.
func (c *concept) all(pattern string, english bool) []string {
	chosen := [][]string{c.first(english)}
	for i, w := range c.slots {
		names := w.zh
		if english {
			names = w.en
		}
		if !strings.Contains(pattern, "{"+strconv.Itoa(i)+"}") {
			continue
		}
		if len(names) == 0 {
			return nil
		}
		for _, base := range chosen {
			for _, name := range names[1:] {
				if len(chosen) >= most {
					break
				}
				other := append([]string(nil), base...)
				other[i] = name
				chosen = append(chosen, other)
			}
		}
	}
	filled := make([]string, len(chosen))
	for i, names := range chosen {
		filled[i] = fill(pattern, names)
	}
	return filled
}

// variant is another wording of a concept. A marked one says that it is not
// specified further: most of those are not current.
type variant struct {
	name   string
	marked bool
}

// english gives other wordings of the PT in the order in which they are taken.
func (c *concept) english(r *rand.Rand) []variant {
	var names []string
	for _, p := range c.en {
		names = append(names, c.all(p, true)...)
	}
	for _, n := range names[:min(len(names), 8)] {
		if other := american.Replace(n); other != n {
			names = append(names, other)
		}
		if other, ok := plural(n); ok {
			names = append(names, other)
		}
	}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	variants := make([]variant, 0, 2*len(names))
	for _, n := range names {
		variants = append(variants, variant{name: capital(n)})
		if r.IntN(5) == 0 {
			variants = append(variants, variant{capital(n) + unspecified[r.IntN(len(unspecified))], true})
		}
	}
	for _, n := range names {
		variants = append(variants, variant{capital(n) + unspecified[r.IntN(len(unspecified))], true})
	}
	return variants
}

// chinese gives other wordings of the PT.
func (c *concept) chinese(r *rand.Rand) []string {
	var names []string
	for _, p := range c.zh {
		names = append(names, c.all(p, false)...)
	}
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, n := range names[:min(len(names), 3)] {
		names = append(names, n+"（未特指）", "未特指的"+n)
	}
	return names
}

var unspecified = []string{" NOS", " NOS", " (NOS)", " NEC", ", unspecified"}

// american turns British spelling, in which PTs are named, into American.
var american = strings.NewReplacer(
	"haem", "hem", "aemia", "emia", "oedema", "edema", "oesoph", "esoph", "oestr", "estr", "orrhoea", "orrhea",
	"tumour", "tumor", "colour", "color", "odour", "odor", "labour", "labor", "paediatric", "pediatric", "anaesth", "anesth",
	"aesthes", "esthes", "caecal", "cecal", "caecum", "cecum", "faec", "fec", "foet", "fet", "leuco", "leuko", "isation", "ization",
	"ischaem", "ischem", "necrotising", "necrotizing", "computerised", "computerized", "normalised", "normalized", "luteinising", "luteinizing")

// plural gives the plural of a name that ends in a thing one can have several of.
func plural(name string) (string, bool) {
	last := name[strings.LastIndexByte(name, ' ')+1:]
	switch last {
	case "ulcer", "abscess", "cyst", "polyp", "nodule", "fracture", "fistula", "infection", "haematoma", "lesion", "tumour", "spasm", "hernia", "blister":
		if strings.HasSuffix(last, "s") {
			return name + "es", true
		}
		return name + "s", true
	}
	return "", false
}

func capital(name string) string {
	c, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(c)) + name[size:]
}
