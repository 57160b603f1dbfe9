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
//
// From here on a person decides. Each step changes one thing about the wording and
// looks whether a name is left; all candidates are ranked together (package
// ranking), and each says which step stands behind it:
//
//	abbreviation     an unambiguous abbreviation written out
//	word_order       the words of a name in another order
//	qualifier        without severity, side, grade, course
//	spelling         unknown words as the release writes words like them
//	split            one of several complaints
//	ranked           likeness in words and letters
//
// Only the synonym, exact and folded steps code, and only where they lead to one
// PT; only to a current LLT; a folded name not where another PT has a name that
// says the same in other words. All else is a suggestion, unless the study has
// opted in with a threshold, and then guards stand before it: a provisional or
// negated wording, several complaints, other signs or numbers. The answer depends
// on nothing but the verbatim and the versions it carries: not on time, order,
// load, replica or cache.
package coder
