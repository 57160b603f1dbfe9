// Package synonym reads what people have settled for the coder beforehand: the
// synonym list (a wording that a sponsor or a study codes to a given LLT) and the
// do-not-autocode list (words whose meaning only a person can settle).
//
// Both lists are read whole and checked whole: one faulty row refuses the list,
// with every problem named by line and field, so that the caller can go on with
// the list it has. Messages never quote a verbatim. A loaded list is immutable
// and has a version, a short hash of what it decides.
package synonym
