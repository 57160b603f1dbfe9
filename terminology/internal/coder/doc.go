// Package coder turns a verbatim into a MedDRA term, or into ranked suggestions
// for a person.
//
// A [Coder] holds the languages of one dictionary version, a synonym list, a
// do-not-autocode list and an opt-in list, all immutable. [Coder.Code] tries the steps
// of one cascade in order. The deciding steps come first. The first that has an answer
// decides, and the answer carries its name:
//
//	do_not_autocode  the wording is on the do-not-autocode list: a person decides
//	study_synonym    the study codes this wording to an LLT
//	sponsor_synonym  the sponsor codes this wording to an LLT
//	exact            the wording is the name of a current LLT, ignoring letter case
//	folded           the wording is such a name after safe folding (package verbatim)
//
// If none of them has an answer, a person decides. Each suggesting step changes one
// thing about the wording and looks whether a name is left. All candidates are ranked
// together (package ranking), and each carries the name of the step behind it:
//
//	abbreviation     an unambiguous abbreviation written out
//	word_order       the words of a name in another order
//	qualifier        without severity, side, grade, course
//	spelling         unknown words replaced by similar words of the release
//	split            one of several complaints
//	ranked           similar in words and letters
//
// Only the synonym, exact and folded steps code. They code only where they lead to
// one PT, and only to a current LLT. The folded step does not code if another PT has a
// name that says the same in other words. Everything else is a suggestion, unless the
// study has opted in with a threshold. Even then guards leave it to a person: a
// provisional or negated wording, several complaints, different signs or numbers. The
// answer depends only on the verbatim and the versions that it carries: not on time,
// order, load, replica or cache.
package coder
