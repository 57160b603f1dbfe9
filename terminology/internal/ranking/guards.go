package ranking

import (
	"strings"

	"aecode/terminology/internal/meddra"
)

// The guards drop or lower names that are similar to a wording and mean something
// else. They only affect suggestions: the safe steps code without them.
//
//   - Opposites: hypo- and hyper-, increased and decreased, left and right. A name
//     with the opposite is dropped.
//   - Negation: for "no rash" or 无皮疹 a name is dropped unless it means an absence
//     itself ("Appetite absent").
//   - Information that the verbatim lacks (malignant, acute, congenital) lowers a
//     name's rank.

// traits are the properties of a wording that the guards compare.
type traits struct {
	poles uint32 // two bits for each axis: has a word of its first side, of its second
	added uint64 // bit i: has word i of addedEnglish or addedChinese
	flags uint8
}

const (
	negated   = 1 << iota // the whole wording: "no rash", 无皮疹
	partly                // a part of it: "headache without fever"
	absence               // means that something is missing: "loss of appetite"
	negatedBy             // has "non", "no", "not" or "without"
)

// Verdict is what the guards found when they compared a name with a wording.
type Verdict struct {
	added uint64 // words of information that the wording lacks
	flags uint8  // negated: the name adds a negation; partly: it lacks one
}

// fate is the decision of the guards about a name.
type fate uint8

const (
	allowed  fate = iota
	opposite      // the name means the opposite
	denied        // the wording says that there is none
)

// judge compares a name's traits with a wording's.
func judge(wording, name traits) (Verdict, fate) {
	var v Verdict
	const first = 0x55555555
	// On each axis only a wording with words of a single side counts.
	one, other := wording.poles, name.poles
	oneSided := func(p uint32) uint32 { return p &^ ((p>>1)&first | (p&first)<<1) }
	one, other = oneSided(one), oneSided(other)
	if one&first&(other>>1) != 0 || (one>>1)&first&other != 0 {
		return v, opposite
	}
	v.added = name.added &^ wording.added
	missing := name.flags&absence == 0
	if wording.flags&negated != 0 && missing {
		return v, denied
	}
	if wording.flags&partly != 0 && missing {
		v.flags |= partly
	}
	if name.flags&negatedBy != 0 && wording.flags&(negated|partly|absence|negatedBy) == 0 {
		v.flags |= negated
	}
	return v, allowed
}

// Reason describes the verdict in words; empty if there is nothing against the name.
func (v Verdict) Reason(lang meddra.Language) string {
	var b strings.Builder
	if v.added != 0 {
		words := addedEnglish
		if lang == meddra.Chinese {
			words = addedChinese
		}
		b.WriteString("; adds ")
		for i, n := 0, 0; i < len(words); i++ {
			if v.added&(1<<i) == 0 {
				continue
			}
			if n > 0 {
				b.WriteString(", ")
			}
			b.WriteString(words[i])
			n++
		}
	}
	if v.flags&negated != 0 {
		b.WriteString("; adds a negation")
	}
	if v.flags&partly != 0 {
		b.WriteString("; leaves out a negation")
	}
	return b.String()
}

// Negates reports whether a folded wording negates something, as a whole or in part.
func Negates(lang meddra.Language, folded string) bool {
	return traitsOf(lang, folded).flags&(negated|partly) != 0
}
