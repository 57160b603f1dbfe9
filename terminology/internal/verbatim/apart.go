package verbatim

import (
	"strings"

	"aecode/terminology/internal/meddra"
)

// Apart gives, for a result of [Plain], the stretches that folding joins into one
// wording, and the folded form that leaves them apart: the two sides of a comma
// inversion, or what stands between the spaces of a Chinese text. Where folding
// joins nothing there are no stretches and the form is that of [FoldPlain].
//
// "Pain, abdominal" is one complaint and "cough, syncope" are two, though "cough
// syncope" is a name as well: only a dictionary knows, so that whoever has one
// must ask it about each stretch.
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

// Forms gives the folded forms under which a list keeps a wording: that of
// [Fold], and the one of [Apart] where it is another.
func Forms(lang meddra.Language, s string) []string {
	plain := Plain(s)
	forms := []string{FoldPlain(lang, plain)}
	if apart, stretches := Apart(lang, plain); stretches != nil {
		forms = append(forms, apart)
	}
	return forms
}
