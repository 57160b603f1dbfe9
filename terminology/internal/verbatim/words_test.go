package verbatim

import "testing"

func TestTablesSettleInOneRound(t *testing.T) {
	settled := func(where, to string) {
		if got := foldWord(to); got != to {
			t.Errorf("%s: folded form %q is itself folded to %q", where, to, got)
		}
	}
	for from, to := range singulars {
		settled("plurals.tsv "+from, to)
	}
	for from := range spellings.words {
		settled("spelling.tsv word "+from, foldWord(from))
	}
	each := func(kind string, rules []rule, pad func(string) string) {
		for _, r := range rules {
			once := foldWord(pad(r.from))
			settled("spelling.tsv "+kind+" "+r.from, once)
			if want := foldWord(pad(r.to)); once != want {
				t.Errorf("spelling.tsv %s: %q folds to %q, its other form to %q", kind, pad(r.from), once, want)
			}
		}
	}
	for _, rules := range spellings.prefixes {
		each("prefix", rules, func(s string) string { return s + "xyz" })
	}
	for _, rules := range spellings.parts {
		each("part", rules, func(s string) string { return "xy" + s + "xyz" })
	}
	each("suffix", spellings.suffixes, func(s string) string { return "xyz" + s })
}

func TestTablesHoldNoRowTwice(t *testing.T) {
	for name, table := range map[string]string{"spelling.tsv": spellingTable, "plurals.tsv": pluralTable} {
		seen := map[string]int{}
		for line, f := range tableRows(table) {
			key := f[0]
			if name == "spelling.tsv" {
				key += " " + f[1]
			}
			if first, ok := seen[key]; ok {
				t.Errorf("%s:%d: %q stands on line %d too", name, line, key, first)
			}
			seen[key] = line
		}
	}
}
