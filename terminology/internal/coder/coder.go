package coder

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"aecode/terminology/internal/lists"
	"aecode/terminology/internal/meddra"
	"aecode/terminology/internal/verbatim"
)

// defaultCacheEntries is the default of [Options].
const defaultCacheEntries = 65_536

// Options tune a [Coder]. The zero value is the default.
type Options struct {
	// CacheEntries bounds the ranked suggestions that are cached, for each language.
	// 0 means 65,536; less than 0 means no cache.
	CacheEntries int
	// OptIn lists the studies that let the machine code by likeness; nil: none.
	OptIn *lists.OptIn
	// DefaultLanguage is the language of a verbatim without a letter, such as "39.5".
	// Empty means English.
	DefaultLanguage meddra.Language
}

// Coder codes verbatims to one dictionary version. It is immutable and safe for
// concurrent use.
type Coder struct {
	dictionary string
	synonyms   *lists.Synonyms
	avoid      *lists.DoNotAutocode
	optIn      *lists.OptIn
	fallback   meddra.Language
	rankers    map[meddra.Language]*ranker
	versions   Versions
}

// New builds a coder over the languages of one dictionary version. For a large
// release that takes about a second for each language. A nil synonym list means
// [lists.NoSynonyms], a nil do-not-autocode list [lists.BuiltInDoNotAutocode].
func New(releases map[meddra.Language]*meddra.Release, synonyms *lists.Synonyms, avoid *lists.DoNotAutocode, o Options) (*Coder, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	if len(releases) == 0 {
		return nil, errors.New("build coder: no release")
	}
	c := &Coder{fallback: o.DefaultLanguage, rankers: map[meddra.Language]*ranker{}}
	for _, lang := range sortedLanguages(releases) {
		r := releases[lang]
		switch {
		case r.Language() != lang:
			return nil, fmt.Errorf("build coder: release %s given for language %q is in %q", r.Version(), lang, r.Language())
		case c.dictionary == "":
			c.dictionary = r.Version()
		case c.dictionary != r.Version():
			return nil, fmt.Errorf("build coder: releases %s and %s cannot be mixed", c.dictionary, r.Version())
		}
		c.rankers[lang] = &ranker{
			index:   newIndex(r),
			entries: o.CacheEntries,
		}
	}
	return c.WithLists(synonyms, avoid, o.OptIn)
}

// WithLists returns a coder with other lists over the same names. With synonyms that
// takes up to a second for each language, since synonyms are names that ranking finds.
func (c *Coder) WithLists(synonyms *lists.Synonyms, avoid *lists.DoNotAutocode, optIn *lists.OptIn) (*Coder, error) {
	if synonyms == nil {
		synonyms = lists.NoSynonyms()
	}
	if avoid == nil {
		avoid = lists.BuiltInDoNotAutocode()
	}
	if optIn == nil {
		optIn = lists.NoOptIn()
	}
	for _, e := range synonyms.Entries() {
		r, ok := c.rankers[e.Language]
		if !ok {
			continue
		}
		if llt, ok := r.index.release.LLT(e.LLT); !ok || !llt.Current {
			return nil, fmt.Errorf("build coder: synonym list %s leads to %s, which is not a current LLT of %s (%s): check the list against this release",
				synonyms.Version(), e.LLT, c.dictionary, e.Language)
		}
	}
	n := *c
	n.rankers = make(map[meddra.Language]*ranker, len(c.rankers))
	for lang, r := range c.rankers {
		n.rankers[lang] = r.withSynonyms(synonyms)
	}
	n.synonyms, n.avoid, n.optIn = synonyms, avoid, optIn
	n.versions = Versions{
		Dictionary: c.dictionary,
		Synonyms:   synonyms.Version(),
		Engine:     engineVersion + "+" + avoid.Version(),
	}
	if v := optIn.Version(); v != lists.NoVersion {
		n.versions.Engine += "+" + v
	}
	return &n, nil
}

func (o *Options) complete() error {
	if o.CacheEntries == 0 {
		o.CacheEntries = defaultCacheEntries
	}
	if o.DefaultLanguage == "" {
		o.DefaultLanguage = meddra.English
	}
	if !slices.Contains(meddra.Languages(), o.DefaultLanguage) {
		return fmt.Errorf("build coder: DefaultLanguage %q is not supported", o.DefaultLanguage)
	}
	return nil
}

// Versions returns the versions that decide this coder's answers.
func (c *Coder) Versions() Versions { return c.versions }

// Languages returns the languages that can be coded, in a fixed order.
func (c *Coder) Languages() []meddra.Language {
	var languages []meddra.Language
	for _, l := range meddra.Languages() {
		if _, ok := c.rankers[l]; ok {
			languages = append(languages, l)
		}
	}
	return languages
}

// Code answers a request. A verbatim that cannot be coded (see [verbatim.Validate])
// gets NoMatch with the reason of the error; callers that can refuse it should do so
// before.
func (c *Coder) Code(req Request) Result {
	res := Result{Status: NoMatch, Versions: c.versions}
	if err := verbatim.Validate(req.Verbatim); err != nil {
		var e *verbatim.Error
		errors.As(err, &e)
		res.Reason, res.Detail = Reason(e.Reason), e.Error()
		return res
	}
	res.Language = req.Language
	if res.Language == "" {
		res.Language = verbatim.Detect(req.Verbatim, c.fallback)
	}
	ranker, ok := c.rankers[res.Language]
	if !ok {
		res.Reason = ReasonUnsupportedLanguage
		res.Detail = "no release is loaded in the verbatim's language"
		return res
	}
	plain := verbatim.Plain(req.Verbatim)
	q := query{
		verbatim: req.Verbatim,
		plain:    plain,
		folded:   c.foldKnown(ranker.index, plain, req.Study),
		study:    req.Study,
		limit:    limit(req.Limit),
		index:    ranker.index,
		synonyms: c.synonyms,
		avoid:    c.avoid,
	}
	method, o := decide(q)
	answer(&res, q, method, o, ranker)
	c.optedIn(&res, q)
	if req.Explain && res.Choice != nil {
		ranker.explain(&res, q)
	}
	return res
}

// foldKnown is fold. If the plain wording is a name, it takes the folded form from the
// index, except for a wording with a comma (in Chinese, with a space), which can
// separate several complaints.
func (c *Coder) foldKnown(x *index, plain, study string) string {
	lang := x.release.Language()
	if name, ok := x.plain.first[plain]; ok {
		if lang == meddra.English && !strings.Contains(plain, ",") || lang == meddra.Chinese && !strings.Contains(plain, " ") {
			return x.forms[name]
		}
	}
	return c.fold(lang, plain, study)
}

// fold gives the folded form of a plain wording. If the parts that folding would join
// are all known by themselves, they are several complaints and stay apart: "cough,
// syncope" is not "cough syncope".
func (c *Coder) fold(lang meddra.Language, plain, study string) string {
	form, stretches := verbatim.Apart(lang, plain)
	if stretches == nil {
		return form
	}
	for _, s := range stretches {
		if !c.known(lang, s, study) {
			return verbatim.FoldPlain(lang, plain)
		}
	}
	return form
}

// known reports whether a folded wording is a name or a synonym.
func (c *Coder) known(lang meddra.Language, folded, study string) bool {
	if _, ok := c.rankers[lang].index.folded.first[folded]; ok {
		return true
	}
	if _, ok := c.synonyms.Study(study, lang, folded); ok {
		return true
	}
	_, ok := c.synonyms.Sponsor(lang, folded)
	return ok
}

// answer turns the outcome of the deciding step into the result.
func answer(res *Result, q query, method Method, o outcome, r *ranker) {
	res.Method, res.Reason, res.Detail = method, o.reason, o.detail
	if o.reason == "" {
		coding := q.index.coding(o.choice)
		res.Status, res.Choice, res.Score = Coded, &coding, 1
		return
	}
	// The candidates of the step come first, then those of ranking.
	for i := range o.candidates {
		o.candidates[i].Method = method
	}
	res.Candidates = o.candidates[:min(len(o.candidates), q.limit)]
	known := func(pt meddra.Code) bool {
		return slices.ContainsFunc(o.candidates, func(c Candidate) bool { return c.Path.PT.Code == pt })
	}
	if len(o.candidates) == 0 {
		known = nil
	}
	more := r.candidates(r.rank(q.folded, q.study), q.limit-len(res.Candidates), known)
	res.Candidates = append(slices.Clip(res.Candidates), more...)
	switch {
	case len(res.Candidates) > 0:
		res.Status, res.Score = Suggested, res.Candidates[0].Score
		if o.reason == ReasonNoSafeMatch {
			res.Method = res.Candidates[0].Method
		}
	case o.reason == ReasonNoSafeMatch:
		res.Reason, res.Method = ReasonNothingNear, ""
	case o.reason == ReasonDoNotAutocode:
		// A person decides even if the machine has nothing to offer.
		res.Status = Suggested
	}
}

func limit(n int) int {
	if n <= 0 {
		return DefaultLimit
	}
	return min(n, MaxLimit)
}

func sortedLanguages(releases map[meddra.Language]*meddra.Release) []meddra.Language {
	languages := make([]meddra.Language, 0, len(releases))
	for l := range releases {
		languages = append(languages, l)
	}
	slices.Sort(languages)
	return languages
}
