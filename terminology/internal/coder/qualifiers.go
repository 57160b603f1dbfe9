package coder

import (
	"slices"
	"strings"

	"aecode/terminology/internal/meddra"
)

// The qualifiers say how severe, where, how often or since when; the rest of the
// wording is the complaint. They are removed only if the whole wording is not a name:
// "worsening of psoriasis" stays if the release has that name.
var (
	qualifiersEnglish = words(`mild moderate severe slight slightly mildly moderately severely marked intense extreme extremely minor
		major serious significant bad terrible awful horrible left right bilateral bilaterally unilateral occasional occasionally
		intermittent intermittently constant constantly persistent frequent ongoing recurrent transient temporary sporadic
		increasing worsening worsened worse aggravated exacerbated new newly onset possible possibly probable probably suspected
		presumed likely grade 1 2 3 4 5 i ii iii iv to of and in lt rt bil l r general generalized my the a an very episode event
		symptom x post`)
	qualifiersChinese = []string{
		"轻微", "轻度", "轻", "中度", "中重度", "重度", "严重", "剧烈", "明显", "左侧", "右侧", "双侧", "左", "右", "双", "间断性", "间断", "间歇性",
		"持续性", "持续", "偶发", "偶有", "反复", "频繁", "加重", "恶化", "可能", "疑似", "可疑", "考虑", "一过性", "暂时性", "突发", "1级", "2级", "3级",
		"4级", "i级", "ii级", "iii级", "iv级", "i度", "ii度", "iii度", "出现", "伴有",
	}
)

// beside are words that are removed only together with a qualifier.
var beside = words("1 2 3 4 5 i ii iii iv to of and in my the a an very x")

func words(text string) map[string]bool {
	m := make(map[string]bool)
	for _, w := range strings.Fields(text) {
		m[w] = true
	}
	return m
}

// maxForms is the maximum number of forms that one step tries.
const maxForms = 16

// unqualified gives the forms of a wording without qualifiers at its ends, the longest
// form first.
func unqualified(lang meddra.Language, folded string) []string {
	if lang == meddra.Chinese {
		return unqualifiedChinese(folded)
	}
	all := strings.FieldsFunc(folded, func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' || r == ';' || r == ':' })
	if len(all) > 12 {
		return nil
	}
	first, last := 0, len(all)
	for first < last && qualifiersEnglish[all[first]] {
		first++
	}
	for last > first && qualifiersEnglish[all[last-1]] {
		last--
	}
	var forms []string
	for taken := 1; taken <= first+len(all)-last && len(forms) < maxForms; taken++ {
		for front := min(taken, first); front >= 0; front-- {
			back := taken - front
			if back > len(all)-last || front+back >= len(all) {
				continue
			}
			off := slices.Concat(all[:front], all[len(all)-back:])
			rest := all[front : len(all)-back]
			if beside[rest[0]] || !slices.ContainsFunc(rest, reported) || !slices.ContainsFunc(off, func(w string) bool { return !beside[w] }) {
				continue
			}
			if forms = append(forms, strings.Join(rest, " ")); len(forms) == maxForms {
				break
			}
		}
	}
	return forms
}

// reported reports whether a word is not a qualifier.
func reported(word string) bool { return !qualifiersEnglish[word] }

func unqualifiedChinese(folded string) []string {
	var forms []string
	rest := folded
	for len(forms) < maxForms {
		before := rest
		for _, q := range qualifiersChinese {
			if s, ok := strings.CutPrefix(rest, q); ok && s != "" {
				rest = s
				break
			}
			if s, ok := strings.CutSuffix(rest, q); ok && s != "" {
				rest = s
				break
			}
		}
		if rest == before {
			return forms
		}
		rest = strings.Trim(rest, "，,、()（） ")
		if rest == "" {
			return forms
		}
		forms = append(forms, rest)
	}
	return forms
}

var (
	separatorsEnglish = []string{" and ", " with ", " secondary to ", " due to ", " & ", "; ", ", ", "/", " + ", " plus "}
	separatorsChinese = []string{"、", "及", "和", "伴", "并", "，", ",", ";", "；", "/", "+", "合并"}
)

// parts gives the complaints that a wording may consist of; nil if it is a single one.
// Only a person can say that they are really several.
func parts(lang meddra.Language, folded string) []string {
	separators := separatorsEnglish
	if lang == meddra.Chinese {
		separators = separatorsChinese
	}
	all := []string{folded}
	for _, separator := range separators {
		var next []string
		for _, part := range all {
			next = append(next, strings.Split(part, separator)...)
		}
		if all = next; len(all) > 8 {
			return nil
		}
	}
	if len(all) < 2 {
		return nil
	}
	for i := range all {
		all[i] = strings.Trim(all[i], " .,;，。")
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}
