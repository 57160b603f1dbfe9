package ranking

import (
	"fmt"
	"math/bits"
	"testing"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

func TestGuardsDropOppositesAndNegationAndLowerAddedInformation(t *testing.T) {
	for _, tc := range []struct {
		lang           meddra.Language
		verbatim, name string
		want           string
	}{
		{"en", "rash", "Rash", "fine"},
		{"en", "hypotension", "Hypertension", "dropped"},
		{"en", "hyperkalaemia", "Hypokalemia", "dropped"},
		{"en", "low blood pressure", "Hypertension", "dropped"},
		{"en", "low blood pressure", "Hypotension", "fine"},
		{"en", "hypertension with hypokalemia", "Hypokalemia", "fine"},
		{"en", "hyper", "Hypotension", "fine"}, // too short to be a prefix
		{"en", "weight gain", "Weight loss", "dropped"},
		{"en", "platelets increased", "Platelet count decreased", "dropped"},
		{"en", "loss of libido", "Libido decreased", "fine"},
		{"en", "tachycardia", "Bradycardia", "dropped"},
		{"en", "sugar went up", "Blood glucose decreased", "dropped"},
		{"en", "blood pressure dropped", "Hypertension", "dropped"},
		{"en", "left leg pain", "Right leg pain", "dropped"},
		{"en", "upper abdominal pain", "Lower abdominal pain", "dropped"},
		{"en", "test positive", "Test negative", "dropped"},
		{"en", "acute bronchitis", "Chronic bronchitis", "dropped"},
		{"en", "pancreatitis", "Pancreatitis acute", "adds 1"},
		{"en", "hepatitis", "Drug-induced hepatitis", "adds 1"},
		{"en", "hypertension", "Congenital malignant hypertension", "adds 2"},
		{"en", "acute pancreatitis", "Acute pancreatitis", "fine"},
		{"en", "no rash", "Rash", "dropped"},
		{"en", "denies rash", "Rash pruritic", "dropped"},
		{"en", "no appetite", "Loss of appetite", "fine"},
		{"en", "no sleep", "Sleeplessness", "fine"},
		{"en", "denies chest pain", "Non-cardiac chest pain", "dropped"},
		{"en", "headache without fever", "Headache", "leaves out a negation"},
		{"en", "migraine without aura", "Migraine without aura", "fine"},
		{"en", "chest pain", "Non-cardiac chest pain", "adds a negation"},
		{"en", "nodule", "Nodule", "fine"}, // "no" must be a word
		{"zh", "皮疹", "皮疹", "fine"},
		{"zh", "高血压", "低血压", "dropped"},
		{"zh", "血糖升高", "血糖降低", "dropped"},
		{"zh", "心动过速", "心动过缓", "dropped"},
		{"zh", "左腿痛", "右腿痛", "dropped"},
		{"zh", "上呼吸道感染", "下呼吸道感染", "dropped"},
		{"zh", "胰腺炎", "急性胰腺炎", "adds 1"},
		{"zh", "无皮疹", "皮疹", "dropped"},
		{"zh", "否认头痛", "头痛", "dropped"},
		{"zh", "未见出血", "出血", "dropped"},
		{"zh", "四肢无力", "肢体无力", "fine"},
		{"zh", "无食欲", "食欲缺失", "fine"},
		{"zh", "头痛不伴发热", "头痛", "leaves out a negation"},
	} {
		traits := func(s string) traits { return traitsOf(tc.lang, verbatim.Fold(tc.lang, s)) }
		v, fate := judge(traits(tc.verbatim), traits(tc.name))
		got := "fine"
		switch {
		case fate != allowed:
			got = "dropped"
		case v.flags&partly != 0:
			got = "leaves out a negation"
		case v.flags&negated != 0:
			got = "adds a negation"
		case v.added != 0:
			got = fmt.Sprintf("adds %d", bits.OnesCount64(v.added))
		}
		if got != tc.want {
			t.Errorf("%s for %s: %s, want %s", tc.name, tc.verbatim, got, tc.want)
		}
	}
}

func TestGuardListsFitTheirBits(t *testing.T) {
	for name, n := range map[string]int{"addedEnglish": len(addedEnglish), "addedChinese": len(addedChinese)} {
		if n > 64 {
			t.Errorf("%s has %d words, at most 64 fit", name, n)
		}
	}
	for name, n := range map[string]int{"axesEnglish": len(axesEnglish), "axesChinese": len(axesChinese)} {
		if n > 16 {
			t.Errorf("%s has %d axes, at most 16 fit", name, n)
		}
	}
	for _, w := range addedEnglish {
		if f := verbatim.Fold(meddra.English, w); f != w {
			t.Errorf("addedEnglish: %q is folded to %q and never met", w, f)
		}
	}
	for w := range englishTraits.words {
		if f := verbatim.Fold(meddra.English, w); f != w {
			t.Errorf("%q is folded to %q and never met", w, f)
		}
	}
}
