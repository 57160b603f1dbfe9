package ranking

import (
	"math"
	"testing"

	"aecode/terminology/internal/coder/verbatim"
	"aecode/terminology/internal/meddra"
)

func TestGuardsDropOppositesAndNegationAndLowerAddedInformation(t *testing.T) {
	for _, tc := range []struct {
		lang           meddra.Language
		verbatim, name string
		want           float64
	}{
		{"en", "rash", "Rash", 1},
		{"en", "hypotension", "Hypertension", 0},
		{"en", "hyperkalaemia", "Hypokalemia", 0},
		{"en", "low blood pressure", "Hypertension", 0},
		{"en", "low blood pressure", "Hypotension", 1},
		{"en", "hypertension with hypokalemia", "Hypokalemia", 1},
		{"en", "hyper", "Hypotension", 1}, // too short to be a prefix
		{"en", "weight gain", "Weight loss", 0},
		{"en", "platelets increased", "Platelet count decreased", 0},
		{"en", "loss of libido", "Libido decreased", 1},
		{"en", "tachycardia", "Bradycardia", 0},
		{"en", "left leg pain", "Right leg pain", 0},
		{"en", "upper abdominal pain", "Lower abdominal pain", 0},
		{"en", "test positive", "Test negative", 0},
		{"en", "acute bronchitis", "Chronic bronchitis", 0},
		{"en", "pancreatitis", "Pancreatitis acute", factorAdded},
		{"en", "hepatitis", "Drug-induced hepatitis", factorAdded},
		{"en", "hypertension", "Congenital malignant hypertension", factorAdded * factorAdded},
		{"en", "acute pancreatitis", "Acute pancreatitis", 1},
		{"en", "no rash", "Rash", 0},
		{"en", "denies rash", "Rash pruritic", 0},
		{"en", "no appetite", "Loss of appetite", 1},
		{"en", "no sleep", "Sleeplessness", 1},
		{"en", "denies chest pain", "Non-cardiac chest pain", 0},
		{"en", "headache without fever", "Headache", factorPartly},
		{"en", "migraine without aura", "Migraine without aura", 1},
		{"en", "chest pain", "Non-cardiac chest pain", factorNegated},
		{"en", "nodule", "Nodule", 1}, // "no" must be a word
		{"zh", "皮疹", "皮疹", 1},
		{"zh", "高血压", "低血压", 0},
		{"zh", "血糖升高", "血糖降低", 0},
		{"zh", "心动过速", "心动过缓", 0},
		{"zh", "左腿痛", "右腿痛", 0},
		{"zh", "上呼吸道感染", "下呼吸道感染", 0},
		{"zh", "胰腺炎", "急性胰腺炎", factorAdded},
		{"zh", "无皮疹", "皮疹", 0},
		{"zh", "否认头痛", "头痛", 0},
		{"zh", "未见出血", "出血", 0},
		{"zh", "四肢无力", "肢体无力", 1},
		{"zh", "无食欲", "食欲缺失", 1},
		{"zh", "头痛不伴发热", "头痛", factorPartly},
	} {
		traits := func(s string) traits { return traitsOf(tc.lang, verbatim.Fold(tc.lang, s)) }
		got, _ := judge(traits(tc.verbatim), traits(tc.name))
		if math.Abs(float64(got)-tc.want) > 1e-6 {
			t.Errorf("%s for %s: factor %v, want %v", tc.name, tc.verbatim, got, tc.want)
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
	for w := range english.words {
		if f := verbatim.Fold(meddra.English, w); f != w {
			t.Errorf("%q is folded to %q and never met", w, f)
		}
	}
}
