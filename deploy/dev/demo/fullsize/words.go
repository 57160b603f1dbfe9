package fullsize

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed words/*.txt
var lists embed.FS

// word is one notion: its names in both languages, the usual one first.
type word struct{ en, zh []string }

func (w word) String() string { return w.en[0] }

// rows reads a list of the given number of columns, separated by bars. A line that
// begins with # is a comment.
func rows(name string, columns int) ([][]string, error) {
	text, err := lists.ReadFile("words/" + name + ".txt")
	if err != nil {
		return nil, fmt.Errorf("read word list: %w", err)
	}
	var all [][]string
	for i, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "|")
		if len(fields) != columns {
			return nil, fmt.Errorf("word list %s:%d: %d columns, want %d", name, i+1, len(fields), columns)
		}
		for j := range fields {
			fields[j] = strings.TrimSpace(fields[j])
		}
		all = append(all, fields)
	}
	return all, nil
}

// names parts the names in a column.
func names(column string) []string {
	if column == "" {
		return nil
	}
	return strings.Split(column, ", ")
}

// plain reads a list whose last two columns are English and Chinese.
func plain(all [][]string) []word {
	words := make([]word, len(all))
	for i, row := range all {
		words[i] = word{names(row[len(row)-2]), names(row[len(row)-1])}
	}
	return words
}

type site struct {
	soc, kind string
	adjective word // "gastric"
	noun      word // "stomach"
	combining string
}

type finding struct {
	soc, kinds, qualifiers string
	word
	suffix string // of the one-word form
}

type qualifier struct {
	sort  string
	after bool
	word
}

// suffixed is a word with a one-word form.
type suffixed struct {
	word
	suffix string
}

// grouped is a word that belongs to a SOC, or to certain specimens.
type grouped struct {
	group string
	word
}

// vocabulary is all word lists.
type vocabulary struct {
	sites      []site
	findings   []finding
	qualifiers []qualifier
	procedures []suffixed
	infections, analytes, effects, disorders,
	syllables []grouped
	tumours, stages, organisms, results, imaging, imagingResults, substances, devices, issues,
	states, context, maternal, timing, circumstances, persons []word
	socs []soc
}

type soc struct {
	key, abbrev string
	word
}

func readVocabulary() (*vocabulary, error) {
	v := &vocabulary{}
	for _, list := range []struct {
		name    string
		columns int
		take    func([][]string)
	}{
		{"sites", 6, func(all [][]string) {
			for _, r := range all {
				v.sites = append(v.sites, site{r[0], r[1], word{names(r[2]), names(r[5])}, word{names(r[3]), names(r[5])}, r[4]})
			}
		}},
		{"findings", 6, func(all [][]string) {
			for _, r := range all {
				v.findings = append(v.findings, finding{r[0], r[1], r[2], word{names(r[3]), names(r[5])}, r[4]})
			}
		}},
		{"qualifiers", 4, func(all [][]string) {
			for _, r := range all {
				v.qualifiers = append(v.qualifiers, qualifier{r[0], r[1] == "after", word{names(r[2]), names(r[3])}})
			}
		}},
		{"procedures", 3, func(all [][]string) {
			for _, r := range all {
				v.procedures = append(v.procedures, suffixed{word{names(r[0]), names(r[2])}, r[1]})
			}
		}},
		{"socs", 4, func(all [][]string) {
			for _, r := range all {
				v.socs = append(v.socs, soc{r[0], r[1], word{[]string{r[2]}, []string{r[3]}}})
			}
		}},
		{"infections", 3, takeGrouped(&v.infections)},
		{"analytes", 3, takeGrouped(&v.analytes)},
		{"effects", 3, takeGrouped(&v.effects)},
		{"disorders", 3, takeGrouped(&v.disorders)},
		{"syllables", 3, takeGrouped(&v.syllables)},
		{"tumours", 2, takePlain(&v.tumours)},
		{"stages", 2, takePlain(&v.stages)},
		{"organisms", 2, takePlain(&v.organisms)},
		{"results", 2, takePlain(&v.results)},
		{"imaging", 2, takePlain(&v.imaging)},
		{"imagingresults", 2, takePlain(&v.imagingResults)},
		{"substances", 2, takePlain(&v.substances)},
		{"devices", 2, takePlain(&v.devices)},
		{"issues", 2, takePlain(&v.issues)},
		{"states", 2, takePlain(&v.states)},
		{"context", 2, takePlain(&v.context)},
		{"maternal", 2, takePlain(&v.maternal)},
		{"timing", 2, takePlain(&v.timing)},
		{"circumstances", 2, takePlain(&v.circumstances)},
		{"persons", 2, takePlain(&v.persons)},
	} {
		all, err := rows(list.name, list.columns)
		if err != nil {
			return nil, err
		}
		list.take(all)
	}
	return v, nil
}

func takePlain(into *[]word) func([][]string) {
	return func(all [][]string) { *into = plain(all) }
}

func takeGrouped(into *[]grouped) func([][]string) {
	return func(all [][]string) {
		for i, w := range plain(all) {
			*into = append(*into, grouped{all[i][0], w})
		}
	}
}
