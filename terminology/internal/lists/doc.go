// Package lists reads the lists that people have decided beforehand: the synonyms
// (a wording that the sponsor or a study codes to a given LLT), the
// do-not-autocode list (wordings whose meaning only a person can decide) and the
// opt-in list (studies that let the machine code by likeness).
//
// Each list is read and checked as a whole: one faulty row refuses the list, and
// the error names every problem with its line and field, so that the caller can
// keep the list that it has. Messages never quote a verbatim. A list is immutable
// and has a version, a short hash of what it decides.
package lists
