// Package verbatim prepares a reported adverse-event text for look-up: it says whether
// the text can be coded at all ([Validate]), in which language it is written
// ([Detect]), and which texts are the same wording ([Plain], [Fold]).
//
// Folding decides what may be coded without a person, so no rule of it may change the
// meaning of a text. If a rule is not certain, the text stays as it is. A wording that
// folding misses becomes a suggestion; a wording that it merges wrongly would become a
// wrong code that nobody sees.
package verbatim
