package coder

import (
	"cmp"
	"slices"
	"strings"

	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/verbatim"
)

// The limits of [Coder.Search].
const (
	DefaultSearchLimit = 20
	MaxSearchLimit     = 100
)

// The ranges of scores for each kind of match. Within a range the share of the name
// that the query covers decides.
const (
	scoreSame   = 1.0  // the query is the name
	scorePrefix = 0.9  // the name begins with it: 0.9 to 1
	scoreWords  = 0.75 // every word of it begins a word of the name: 0.75 to 0.9
	scoreFuzzy  = 0.75 // similar wording: below 0.75
)

// Found is a term that a search found.
type Found struct {
	Term    meddra.Term
	Level   meddra.Level
	Current bool // false for a non-current LLT only
	// Path is the primary path of an LLT or a PT. For a term above PT it holds that term
	// and the terms above it.
	Path   meddra.Path
	Score  float64 // 0 to 1
	Reason string  // the kind of match
}

// Search finds terms for a person, in this order: by code, by the beginning of the
// name, by the beginnings of words in any order (in Chinese, by any part of the name),
// and by similar wording. Levels limits the levels; empty means all. A term that is both
// a PT and an LLT is found once, as a PT if PTs are wanted. A limit of 0 or less means
// [DefaultSearchLimit]; more than [MaxSearchLimit] means that. An empty language is
// detected. The answer is empty for a language that is not loaded.
func (c *Coder) Search(query string, lang meddra.Language, levels []meddra.Level, limit int) []Found {
	if verbatim.Validate(query) != nil {
		return nil
	}
	if lang == "" {
		lang = verbatim.Detect(query, c.fallback)
	}
	r, ok := c.rankers[lang]
	if !ok {
		return nil
	}
	if limit <= 0 {
		limit = DefaultSearchLimit
	}
	s := search{index: r.index, levels: levels, limit: min(limit, MaxSearchLimit)}
	if code, err := meddra.ParseCode(strings.TrimSpace(query)); err == nil {
		if found := s.byCode(code); found != nil {
			return found
		}
	}
	s.byName(query)
	return s.result()
}

// search is the state of one search.
type search struct {
	index  *index
	levels []meddra.Level
	limit  int
	found  []match // the best so far, in order
}

// match is a found term: its position among the names of LLTs or, after them, among the
// terms above PT.
type match struct {
	at     int32
	score  float32
	reason string
}

func (s *search) wants(l meddra.Level) bool {
	return len(s.levels) == 0 || slices.Contains(s.levels, l)
}

// level returns the level as which an LLT is found: PT if it is also a PT and PTs are
// wanted; 0 if the LLT is not wanted.
func (s *search) level(llt meddra.LLT) meddra.Level {
	switch {
	case llt.Code == llt.PT && s.wants(meddra.LevelPT):
		return meddra.LevelPT
	case s.wants(meddra.LevelLLT):
		return meddra.LevelLLT
	}
	return 0
}

func (s *search) byCode(code meddra.Code) []Found {
	var found []Found
	if llt, ok := s.index.release.LLT(code); ok && s.level(llt) != 0 {
		found = append(found, s.lltFound(llt))
	}
	for i, t := range s.index.uppers.terms {
		if t.term.Code == code && s.wants(t.level) {
			found = append(found, s.index.uppers.found(i))
		}
	}
	for i := range found {
		found[i].Score, found[i].Reason = scoreSame, "code"
	}
	return found[:min(len(found), s.limit)]
}

func (s *search) byName(text string) {
	x, lang := s.index, s.index.release.Language()
	query, chinese := verbatim.Fold(lang, text), lang == meddra.Chinese
	words := strings.Fields(query)
	if chinese {
		// Folding would join words that a person has separated.
		words = strings.Fields(verbatim.Plain(text))
		for i, w := range words {
			words[i] = verbatim.Fold(lang, w)
		}
	}
	if len(words) == 0 {
		return
	}
	scan := func(forms []string, offset int, near *ranking.Index, wanted func(i int) bool) {
		for i, form := range forms {
			if score, reason := matchName(form, query, words, chinese); score > 0 && wanted(i) {
				s.add(match{narrow(i + offset), score, reason})
			}
		}
		for _, hit := range near.Near(query, 4*s.limit) {
			score := hit.Score * scoreFuzzy
			if score < fuzzyFloor || !wanted(int(hit.Name)) {
				continue
			}
			if found, _ := matchName(forms[hit.Name], query, words, chinese); found == 0 {
				s.add(match{hit.Name + narrow(offset), score, "similar wording"})
			}
		}
	}
	scan(x.forms, 0, x.near, func(i int) bool { return s.level(x.llts[i]) != 0 })
	if u := x.uppers; slices.ContainsFunc([]meddra.Level{meddra.LevelHLT, meddra.LevelHLGT, meddra.LevelSOC}, s.wants) {
		scan(u.forms, len(x.forms), u.near, func(i int) bool { return s.wants(u.terms[i].level) })
	}
}

// fuzzyFloor is the score below which similar wording does not count.
const fuzzyFloor = 0.25 * scoreFuzzy

// matchName gives the score and the kind of the match of a query with a folded name;
// score 0 means no match.
func matchName(form, query string, words []string, chinese bool) (float32, string) {
	covered := func(n int) float32 { return float32(n) / float32(len(form)) }
	if strings.HasPrefix(form, query) {
		if len(form) == len(query) {
			return scoreSame, "same name"
		}
		return scorePrefix + (scoreSame-scorePrefix)*covered(len(query)), "begins the name"
	}
	n := 0
	for _, w := range words {
		if !holds(form, w, chinese) {
			return 0, ""
		}
		n += len(w)
	}
	return scoreWords + (scorePrefix-scoreWords)*min(1, covered(n)), "words of the name"
}

// holds reports whether a word of the name begins with a word; in Chinese, whether the
// name contains it.
func holds(form, word string, chinese bool) bool {
	for from := 0; ; {
		i := strings.Index(form[from:], word)
		if i < 0 {
			return false
		}
		if at := from + i; chinese || at == 0 || !letter(form[at-1]) {
			return true
		}
		from += i + 1
	}
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= 0x80 }

// add adds a match if it is among the best.
func (s *search) add(m match) {
	if len(s.found) == s.limit && s.compare(m, s.found[s.limit-1]) > 0 {
		return
	}
	at, _ := slices.BinarySearchFunc(s.found, m, s.compare)
	s.found = slices.Insert(s.found, at, m)
	s.found = s.found[:min(len(s.found), s.limit)]
}

// compare orders the best first; among equals, non-current LLTs last.
func (s *search) compare(a, b match) int {
	x := s.index
	lessUseful := func(at int32) int {
		if int(at) < len(x.llts) && !x.llts[at].Current {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(lessUseful(a.at), lessUseful(b.at)), cmp.Compare(a.at, b.at))
}

// result turns the matches into the answer.
func (s *search) result() []Found {
	x := s.index
	found := make([]Found, 0, len(s.found))
	for _, m := range s.found {
		var f Found
		if int(m.at) < len(x.llts) {
			f = s.lltFound(x.llts[m.at])
		} else {
			f = x.uppers.found(int(m.at) - len(x.llts))
		}
		f.Score, f.Reason = round(m.score), m.reason
		found = append(found, f)
	}
	return found
}

func (s *search) lltFound(llt meddra.LLT) Found {
	path, _ := s.index.release.PrimaryPath(llt.PT)
	return Found{Term: meddra.Term{Code: llt.Code, Name: llt.Name}, Level: s.level(llt), Current: llt.Current, Path: path}
}
