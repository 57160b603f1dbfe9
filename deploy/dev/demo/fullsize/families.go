package fullsize

import "strings"

// family is a way of putting words together, and its share of the PTs in
// thousandths.
type family struct {
	share int
	of    func(*vocabulary) []concept
}

// families are about as large as their like in the field. The last has the most
// combinations and fills up what the others leave.
var families = []family{
	{234, siteFindings}, {58, labTests}, {110, imaging}, {58, tumours}, {33, stagedTumours}, {84, organisms}, {95, procedures},
	{44, substances}, {29, devices}, {12, states}, {4, maternal}, {9, circumstances}, {48, eponyms}, {182, qualified},
}

// together joins a combining form and a suffix; a linking o is left out after a
// vowel.
func together(combining, suffix string) []string {
	if combining == "" || suffix == "" {
		return nil
	}
	if strings.HasPrefix(suffix, "o") && strings.ContainsRune("aeiou", rune(combining[len(combining)-1])) {
		suffix = suffix[1:]
	}
	return []string{combining + suffix}
}

// second gives the SOC that a finding belongs to beside that of its site.
var second = map[string]string{
	"pain": "gen", "oedema": "gen", "haemorrhage": "vasc", "hypoaesthesia": "nerv", "paraesthesia": "nerv", "paralysis": "nerv",
	"mass": "gen", "discomfort": "gen", "warmth": "gen", "ischaemia": "vasc", "infarction": "vasc", "thrombosis": "vasc",
	"embolism": "vasc", "cyst": "neo", "polyp": "neo", "nodule": "neo", "dysplasia": "neo", "hyperplasia": "neo",
	"rash": "skin", "pruritus": "skin", "erythema": "skin", "inflammation": "immun", "necrosis": "vasc", "haematoma": "vasc",
}

// siteFinding is a finding at a site: "Gastric ulcer", or in one word "Gastritis".
func siteFinding(s site, f finding) concept {
	c := concept{
		soc: s.soc, place: s.adjective, kind: f.word,
		slots: []word{s.adjective, s.noun, f.word, {en: together(s.combining, f.suffix)}},
		en:    []string{"{0} {2}", "{2} {0}", "{2}, {0}", "{2} of {1}", "{2} of the {1}", "{2} in {1}", "{1} {2}"},
		zh:    []string{"{0}{2}", "{2}，{0}", "{0}的{2}", "{0}处{2}"},
	}
	if len(c.slots[3].en) > 0 {
		c.en = append([]string{"{3}"}, c.en...)
	}
	if f.soc != "-" {
		c.soc = f.soc
		c.also = append(c.also, s.soc)
	}
	if other := second[f.en[0]]; other != "" {
		c.also = append(c.also, other)
	}
	return c
}

func siteFindings(v *vocabulary) (all []concept) {
	for _, s := range v.sites {
		for _, f := range v.findings {
			if strings.Contains(f.kinds, s.kind) {
				all = append(all, siteFinding(s, f))
			}
		}
	}
	return all
}

// qualified are findings at a site with a word of course or cause.
func qualified(v *vocabulary) (all []concept) {
	for _, s := range v.sites {
		for _, f := range v.findings {
			if !strings.Contains(f.kinds, s.kind) {
				continue
			}
			for _, q := range v.qualifiers {
				if q.sort != f.qualifiers {
					continue
				}
				c := siteFinding(s, f)
				c.slots = append(c.slots, q.word)
				core := "{0} {2}"
				if len(c.slots[3].en) > 0 {
					core = "{3}"
				}
				name, other := "{4} "+core, core+" {4}"
				if q.after {
					name, other = other, name
				}
				c.en = []string{name, other, core + ", {4}", "{4} {2} of {1}", "{2} {0} {4}", "{4} {0} {2}", "{2}, {0}, {4}"}
				c.zh = []string{"{4}{0}{2}", "{0}{2}，{4}", "{0}{4}{2}", "{4}的{0}{2}"}
				all = append(all, c)
			}
		}
	}
	return all
}

var specimens = map[rune]struct {
	word
	suffix string
}{
	'b': {word{[]string{"blood", "serum", "plasma"}, []string{"血", "血清", "血浆"}}, ""},
	'u': {word{[]string{"urine", "urinary"}, []string{"尿", "尿液"}}, ""},
	'c': {word{[]string{"CSF", "cerebrospinal fluid"}, []string{"脑脊液"}}, ""},
	'f': {word{[]string{"faecal", "stool"}, []string{"粪便", "大便"}}, ""},
	's': {word{[]string{"saliva", "salivary"}, []string{"唾液"}}, ""},
}

func labTests(v *vocabulary) (all []concept) {
	for _, a := range v.analytes {
		for _, letter := range a.group {
			specimen := specimens[letter].word
			base := concept{soc: "invest", place: specimen, kind: a.word, slots: []word{specimen, a.word, {}}}
			test := base
			test.en = []string{"{0} {1}", "{1} {0}", "{1} in {0}", "{0} {1} test", "{1}, {0}", "{1} measurement"}
			test.zh = []string{"{0}{1}", "{0}{1}检查", "{0}{1}测定", "{1}，{0}"}
			all = append(all, test)
			for _, result := range v.results {
				c := base
				c.slots = []word{specimen, a.word, result}
				c.en = []string{"{0} {1} {2}", "{1} {2}", "{2} {1}", "{1} {0} {2}", "{2} {0} {1}", "{1} {2} in {0}", "{1}, {0}, {2}"}
				c.zh = []string{"{0}{1}{2}", "{1}{2}", "{0}中{1}{2}", "{0}{1}检查{2}", "{2}的{0}{1}"}
				all = append(all, c)
			}
		}
	}
	return all
}

func imaging(v *vocabulary) (all []concept) {
	for _, s := range v.sites {
		for _, m := range v.imaging {
			c := concept{
				soc: "invest", place: m, kind: s.adjective, slots: []word{m, s.adjective, s.noun, {}},
				en: []string{"{0} {1}", "{1} {0}", "{0} of {2}", "{0} of the {2}", "{0}, {1}"},
				zh: []string{"{1}{0}", "{0}，{1}", "{1}的{0}"},
			}
			all = append(all, c)
			for _, result := range v.imagingResults {
				c := c
				c.slots = []word{m, s.adjective, s.noun, result}
				c.en = []string{"{0} {1} {3}", "{1} {0} {3}", "{3} {0} {1}", "{0} of {2} {3}", "{3} {1} {0}", "{1} {0}, {3}"}
				c.zh = []string{"{1}{0}{3}", "{0}{3}，{1}", "{3}的{1}{0}"}
				all = append(all, c)
			}
		}
	}
	return all
}

func tumours(v *vocabulary) (all []concept) {
	for _, s := range v.sites {
		for _, t := range v.tumours {
			all = append(all, concept{
				soc: "neo", also: []string{s.soc}, place: s.adjective, kind: t, slots: []word{s.adjective, s.noun, t},
				en: []string{"{0} {2}", "{2} of {1}", "{2} of the {1}", "{2} {0}", "{2}, {0}", "{1} {2}", "{2} of {1} site unspecified"},
				zh: []string{"{0}{2}", "{0}的{2}", "{2}，{0}", "{0}{2}病"},
			})
		}
	}
	return all
}

func stagedTumours(v *vocabulary) (all []concept) {
	for _, s := range v.sites {
		for _, t := range v.tumours[:7] {
			for _, stage := range v.stages {
				all = append(all, concept{
					soc: "neo", also: []string{s.soc}, place: s.adjective, kind: t, slots: []word{s.adjective, s.noun, t, stage},
					en: []string{"{0} {2} {3}", "{2} of {1} {3}", "{3} {0} {2}", "{0} {2}, {3}", "{2} of the {1}, {3}"},
					zh: []string{"{0}{2}{3}", "{3}{0}{2}", "{0}{2}，{3}"},
				})
			}
		}
	}
	return all
}

func organisms(v *vocabulary) (all []concept) {
	for _, o := range v.organisms {
		for _, i := range v.infections {
			c := concept{
				soc: "infect", place: o, kind: i.word, slots: []word{o, i.word},
				en: []string{"{1} {0}", "{0} {1}", "{1}, {0}", "{1} due to {0}", "{1} caused by {0}"},
				zh: []string{"{0}{1}", "{0}性{1}", "{0}所致{1}", "{1}，{0}"},
			}
			if i.group != "-" {
				c.also = []string{i.group}
			}
			all = append(all, c)
		}
	}
	return all
}

func procedures(v *vocabulary) (all []concept) {
	for _, s := range v.sites {
		for _, p := range v.procedures {
			c := concept{
				soc: "surg", place: s.adjective, kind: p.word,
				slots: []word{s.adjective, s.noun, p.word, {en: together(s.combining, p.suffix)}},
				en:    []string{"{0} {2}", "{2} of {1}", "{2} of the {1}", "{1} {2}", "{2}, {0}"},
				zh:    []string{"{0}{2}", "{0}的{2}", "{2}，{0}"},
			}
			if len(c.slots[3].en) > 0 {
				c.en = append([]string{"{3}"}, c.en...)
			}
			all = append(all, c)
		}
	}
	return all
}

func substances(v *vocabulary) (all []concept) {
	for _, s := range v.substances {
		for _, e := range v.effects {
			all = append(all, concept{
				soc: e.group, also: []string{"gen"}, place: s, kind: e.word, slots: []word{s, e.word},
				en: []string{"{0} {1}", "{1} to {0}", "{1}, {0}", "{1} due to {0}", "{1} by {0}"},
				zh: []string{"{0}{1}", "{1}（{0}）", "{0}引起的{1}", "{0}所致{1}"},
			})
		}
	}
	return all
}

func devices(v *vocabulary) (all []concept) {
	for _, d := range v.devices {
		for _, i := range v.issues {
			all = append(all, concept{
				soc: "prod", also: []string{"gen"}, place: d, kind: i, slots: []word{d, i},
				en: []string{"{0} {1}", "{1} of {0}", "{1}, {0}", "{0}: {1}", "device {1}, {0}"},
				zh: []string{"{0}{1}", "{0}的{1}", "{1}，{0}"},
			})
		}
	}
	return all
}

func states(v *vocabulary) (all []concept) {
	for _, s := range v.states {
		all = append(all, concept{
			soc: "psych", place: s, kind: s, slots: []word{s, {}},
			en: []string{"{0}", "{0} state", "feeling of {0}", `feeling "{0}"`, "{0} symptom"},
			zh: []string{"{0}", "{0}状态", "{0}症状", "“{0}”感"},
		})
		for _, x := range v.context {
			all = append(all, concept{
				soc: "psych", also: []string{"nerv"}, place: s, kind: x, slots: []word{s, x},
				en: []string{"{0} {1}", "{1} {0}", "{0}, {1}", "{0} disorder {1}"},
				zh: []string{"{1}{0}", "{0}，{1}", "{1}的{0}", "{1}{0}障碍"},
			})
		}
	}
	return all
}

func maternal(v *vocabulary) (all []concept) {
	for _, m := range v.maternal {
		for _, t := range v.timing {
			all = append(all, concept{
				soc: "preg", also: []string{"gen", "vasc"}, place: t, kind: m, slots: []word{m, t},
				en: []string{"{0} {1}", "{1} {0}", "{0}, {1}", "maternal {0} {1}"},
				zh: []string{"{1}{0}", "{0}，{1}", "{1}的{0}"},
			})
		}
	}
	return all
}

func circumstances(v *vocabulary) (all []concept) {
	for _, x := range v.circumstances {
		all = append(all, concept{
			soc: "social", place: x, kind: x, slots: []word{x, {}},
			en: []string{"{0}", "{0} status", "is {0}"}, zh: []string{"{0}", "{0}状态", "属于{0}"},
		})
		for _, p := range v.persons {
			all = append(all, concept{
				soc: "social", place: x, kind: p, slots: []word{x, p},
				en: []string{"{1} {0}", "{0} {1}", "{0}, {1}"}, zh: []string{"{1}{0}", "{0}，{1}", "{0}（{1}）"},
			})
		}
	}
	return all
}

// eponyms are named after persons who never were.
func eponyms(v *vocabulary) (all []concept) {
	var parts [3][]word
	for _, s := range v.syllables {
		parts[s.group[0]-'1'] = append(parts[s.group[0]-'1'], s.word)
	}
	n := 0
	for _, a := range parts[0] {
		for _, b := range parts[1] {
			for _, z := range parts[2] {
				d := v.disorders[n%len(v.disorders)]
				n++
				person := word{[]string{a.en[0] + b.en[0] + z.en[0]}, []string{a.zh[0] + b.zh[0] + z.zh[0]}}
				all = append(all, concept{
					soc: d.group, also: []string{"cong"}, place: d.word, kind: d.word, slots: []word{person, d.word},
					en: []string{"{0} {1}", "{0}'s {1}", "{1} of {0}", "{1}, {0}", "{0} type {1}", "{1} {0}"},
					zh: []string{"{0}{1}", "{0}氏{1}", "{0}型{1}", "{1}（{0}）"},
				})
			}
		}
	}
	return all
}
