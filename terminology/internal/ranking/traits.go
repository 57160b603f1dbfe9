package ranking

import (
	"strings"

	"aecode/terminology/internal/meddra"
)

// axis is a pair of opposite sides, each a list of words (English) or of strings
// of characters (Chinese). An English entry that ends in a hyphen is a prefix.
type axis [2][]string

var axesEnglish = []axis{
	{{"hyper-", "increased", "increase", "increasing", "elevated", "elevation", "raised", "high", "higher", "gain", "excess", "excessive"},
		{"hypo-", "decreased", "decrease", "decreasing", "reduced", "reduction", "low", "lowered", "loss", "lost", "diminished", "deficiency"}},
	{{"tachy-", "fast", "rapid"}, {"brady-", "slow"}},
	{{"left"}, {"right"}},
	{{"upper", "superior"}, {"lower", "inferior"}},
	{{"anterior"}, {"posterior"}},
	{{"positive"}, {"negative"}},
	{{"benign"}, {"malignant"}},
	{{"acute"}, {"chronic"}},
	{{"congenital"}, {"acquired"}},
	{{"arterial", "artery"}, {"venous", "vein"}},
	{{"systolic"}, {"diastolic"}},
	{{"external"}, {"internal"}},
	{{"premature", "precocious", "early"}, {"delayed", "late"}},
}

var axesChinese = []axis{
	{{"高", "增", "升", "亢进", "过多"}, {"低", "减", "降", "缺乏", "过少"}},
	{{"过速"}, {"过缓"}},
	{{"左"}, {"右"}},
	{{"上呼吸道", "上肢", "上腹", "上消化道"}, {"下呼吸道", "下肢", "下腹", "下消化道"}},
	{{"阳性"}, {"阴性"}},
	{{"良性"}, {"恶性"}},
	{{"急性"}, {"慢性"}},
	{{"先天"}, {"获得性"}},
	{{"动脉"}, {"静脉"}},
	{{"收缩"}, {"舒张"}},
}

// addedEnglish and addedChinese are words for a cause, course, nature or time, which
// a coder must not add. At most 64 each.
var addedEnglish = []string{
	"malignant", "benign", "acute", "chronic", "congenital", "neonatal", "induced", "postoperative", "postprocedural",
	"procedural", "intraoperative", "infective", "infectious", "viral", "bacterial", "fungal", "traumatic", "hereditary",
	"familial", "toxic", "metastatic", "recurrent", "allergic", "autoimmune", "ischemic", "hemorrhagic", "fatal",
	"secondary", "primary", "idiopathic", "juvenile", "gestational", "maternal", "fetal", "senile", "alcoholic",
	"radiation", "occupational", "reactivation", "perforated", "necrotizing", "postpartum", "febrile", "sudden", "complete",
	"paroxysmal", "diabetic",
}

var addedChinese = []string{
	"恶性", "良性", "急性", "慢性", "先天", "新生儿", "药物性", "药源性", "术后", "术中", "感染性", "病毒性", "细菌性", "真菌性",
	"创伤", "外伤", "遗传性", "家族性", "中毒性", "转移", "复发", "过敏性", "自身免疫", "缺血性", "出血性", "继发", "原发", "特发性",
	"青少年", "妊娠", "胎儿", "老年", "酒精", "放射性", "穿孔", "坏死性", "产后", "心源性", "突发", "完全性", "阵发性", "糖尿病", "致死",
}

var (
	negatedEnglish = []string{"no", "denies", "denied", "denying", "deny", "never", "nil"}
	partlyEnglish  = []string{"without", "not"}
	absenceEnglish = []string{
		"no", "not", "without", "absent", "absence", "loss", "lost", "lack", "decreased", "reduced", "impaired",
		"impairment", "inability", "unable", "failure", "insufficiency", "deficiency", "negative",
	}
	negatedByEnglish = []string{"no", "not", "non", "without"}

	negatedChinese = []string{"无", "否认", "没有", "未见", "未出现", "未发生"}
	partlyChinese  = []string{"不伴", "无明显", "不明显"}
	absenceChinese = []string{"无", "未", "缺", "失", "乏", "减", "少", "丧", "停", "闭", "不能", "不足", "不全"}
)

// wordTraits are the traits of English words and word beginnings.
type wordTraits struct {
	words    map[string]traits
	prefixes []prefixTraits
}

type prefixTraits struct {
	prefix string
	traits traits
}

var englishTraits = newWordTraits()

func newWordTraits() wordTraits {
	e := wordTraits{words: map[string]traits{}}
	for i, a := range axesEnglish {
		for side, words := range a {
			e.add(traits{poles: 1 << (2*i + side)}, words...)
		}
	}
	for i, w := range addedEnglish {
		e.add(traits{added: 1 << i}, w)
	}
	e.add(traits{flags: negated}, negatedEnglish...)
	e.add(traits{flags: partly}, partlyEnglish...)
	e.add(traits{flags: absence}, absenceEnglish...)
	e.add(traits{flags: negatedBy}, negatedByEnglish...)
	return e
}

func (e *wordTraits) add(t traits, words ...string) {
	for _, w := range words {
		if prefix, ok := strings.CutSuffix(w, "-"); ok {
			e.prefixes = append(e.prefixes, prefixTraits{prefix, t})
		} else {
			e.words[w] = e.words[w].or(t)
		}
	}
}

func (t traits) or(u traits) traits {
	return traits{t.poles | u.poles, t.added | u.added, t.flags | u.flags}
}

// traitsOf finds the traits of a folded wording.
func traitsOf(lang meddra.Language, folded string) traits {
	if lang == meddra.Chinese {
		return traitsOfChinese(folded)
	}
	return traitsOfEnglish(folded)
}

// minPrefixed is the shortest word whose prefix counts: "hyper" itself is slang,
// "hypo" a diabetic's word for an episode.
const minPrefixed = 8

// upEnglish and downEnglish are phrases that mean increased and decreased.
var (
	upEnglish   = []string{"went up", "gone up", "going up", "goes up", "shot up", "spiked", "too high"}
	downEnglish = []string{"went down", "gone down", "going down", "goes down", "dropped", "too low"}
)

func traitsOfEnglish(text string) traits {
	var t traits
	if containsAny(text, upEnglish) {
		t.poles |= 1
	}
	if containsAny(text, downEnglish) {
		t.poles |= 2
	}
	for len(text) > 0 {
		n := 0
		for n < len(text) && 'a' <= text[n] && text[n] <= 'z' {
			n++
		}
		if n == 0 {
			text = text[1:]
			continue
		}
		w := text[:n]
		text = text[n:]
		t = t.or(englishTraits.words[w])
		if strings.HasSuffix(w, "less") || strings.HasSuffix(w, "lessness") {
			t.flags |= absence
		}
		if len(w) >= minPrefixed {
			for _, p := range englishTraits.prefixes {
				if strings.HasPrefix(w, p.prefix) {
					t = t.or(p.traits)
				}
			}
		}
	}
	return t
}

func traitsOfChinese(text string) traits {
	var t traits
	for i, a := range axesChinese {
		for side, parts := range a {
			if containsAny(text, parts) {
				t.poles |= 1 << (2*i + side)
			}
		}
	}
	for i, w := range addedChinese {
		if strings.Contains(text, w) {
			t.added |= 1 << i
		}
	}
	if containsAny(text, absenceChinese) {
		t.flags |= absence
	}
	for _, w := range negatedChinese {
		if strings.HasPrefix(text, w) {
			t.flags |= negated
		} else if strings.Contains(text, w) && w != "无" {
			t.flags |= partly
		}
	}
	if containsAny(text, partlyChinese) {
		t.flags |= partly
	}
	return t
}

func containsAny(text string, parts []string) bool {
	for _, p := range parts {
		if strings.Contains(text, p) {
			return true
		}
	}
	return false
}
