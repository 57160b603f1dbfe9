package verbatim

import (
	"strings"

	"aecode/terminology/internal/meddra"
)

// Apart gives, for a result of [Plain], the stretches that folding would join into one
// wording, and the folded form that keeps them apart. The stretches are the two sides of
// a comma inversion, or the parts of a Chinese text between spaces. If folding joins
// nothing, there are no stretches and the form is that of [FoldPlain].
//
// "Pain, abdominal" is one complaint and "cough, syncope" are two, although "cough
// syncope" is also a name. Only a dictionary can tell them apart, so a caller that has
// one must look each stretch up.
func Apart(lang meddra.Language, plain string) (form string, stretches []string) {
	switch lang {
	case meddra.English:
		if !strings.Contains(plain, ",") {
			break
		}
		b := foldWords(nil, trimStop(plain))
		if _, ok := uninvert(b); ok {
			form = string(b)
			head, tail, _ := strings.Cut(form, ",")
			return form, []string{strings.TrimSpace(head), strings.TrimSpace(tail)}
		}
	case meddra.Chinese:
		form = trimStop(strings.Map(unifyChinese, plain))
		stretches = stretchesChinese(form)
		if len(stretches) > 1 {
			return form, stretches
		}
	}
	return FoldPlain(lang, plain), nil
}

// Forms gives the folded forms by which a list finds a wording: that of [Fold], and that
// of [Apart] if it is different.
func Forms(lang meddra.Language, s string) []string {
	plain := Plain(s)
	forms := []string{FoldPlain(lang, plain)}
	if apart, stretches := Apart(lang, plain); stretches != nil {
		forms = append(forms, apart)
	}
	return forms
}
