package coder

import (
	"slices"
	"strings"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/verbatim"
)

// optedIn codes the first candidate if the study has opted in, the scores reach its
// threshold, and no guard speaks against it.
func (c *Coder) optedIn(res *Result, q query) {
	if res.Reason != ReasonNoSafeMatch || len(res.Candidates) == 0 {
		return
	}
	threshold, ok := c.optIn.Threshold(q.study, res.Language)
	if !ok {
		return
	}
	first := res.Candidates[0]
	margin := first.Score
	if len(res.Candidates) > 1 {
		margin -= res.Candidates[1].Score
	}
	if first.Score < threshold.MinScore || margin < threshold.MinMargin {
		return
	}
	if res.Detail = doubt(res.Language, q.folded, verbatim.Fold(res.Language, first.LLT.Name)); res.Detail != "" {
		return
	}
	choice := first.Coding
	res.Status, res.Reason, res.Choice, res.Score, res.Candidates = Coded, "", &choice, first.Score, nil
}

// provisional are words that mark a diagnosis as provisional.
var provisional = map[meddra.Language][]string{
	meddra.English: {"possible", "possibly", "probable", "probably", "suspected", "suspicion", "presumed", "likely", "query", "rule out", "r/o", "?"},
	meddra.Chinese: {"可能", "疑似", "可疑", "疑", "待排", "考虑", "?", "？"},
}

// doubt says why a wording must not be coded by likeness, whatever the score;
// empty if nothing speaks against it. A score does not reflect these reasons.
func doubt(lang meddra.Language, folded, name string) string {
	words := " " + strings.NewReplacer(",", " ", ".", " ", ";", " ", "(", " ", ")", " ").Replace(folded) + " "
	for _, w := range provisional[lang] {
		if lang == meddra.English && w != "?" {
			w = " " + w + " "
		}
		if strings.Contains(words, w) {
			return "a provisional diagnosis is not coded by likeness"
		}
	}
	if ranking.Negates(lang, folded) && !ranking.Negates(lang, name) {
		return "a negated wording is not coded by likeness"
	}
	if len(parts(lang, folded)) > 1 && len(parts(lang, name)) < 2 {
		return "the wording may be several complaints"
	}
	if !slices.Equal(signs(folded), signs(name)) {
		return "signs or numbers differ from the name's"
	}
	return ""
}

// signs gives the signs and numbers of a wording in alphabetical order.
func signs(folded string) []string {
	var all []string
	for token := range strings.SplitSeq(folded, " ") {
		digits := strings.Trim(token, "abcdefghijklmnopqrstuvwxyz,.;:()'")
		if strings.ContainsAny(token, "+<>=%") || strings.HasSuffix(token, "-") || strings.ContainsAny(digits, "0123456789") {
			all = append(all, token)
		}
	}
	slices.Sort(all)
	return all
}
