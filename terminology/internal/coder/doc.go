// Package coder turns a verbatim into a MedDRA term, or into ranked suggestions
// for a person.
//
// A [Coder] holds the languages of one dictionary version, a synonym list and a
// do-not-autocode list, all immutable. [Coder.Code] takes a verbatim through a
// cascade of steps; the first that has an answer decides, and says its name:
//
//	do_not_autocode  the wording is on the list: a person decides, whatever follows
//	study_synonym    the study codes this wording to an LLT
//	sponsor_synonym  the sponsor does
//	exact            it is the name of a current LLT, letter case aside
//	folded           it is such a name after safe folding (package verbatim)
//	trigram          suggestions: names that share letter groups with it
//
// Only the synonym, exact and folded steps code, and only where they lead to one
// PT; only to a current LLT. All else is a suggestion. The answer depends on
// nothing but the verbatim and the versions it carries: not on time, order, load,
// replica or cache.
package coder
