// Package verbatim knows what a reported adverse-event text is before anything
// is looked up: whether it can be coded at all ([Validate]), which language it
// is written in ([Detect]), and which texts are the same wording ([Plain],
// [Fold]).
//
// Folding decides what may be coded without a person, so every rule in it is one
// that cannot turn one meaning into another: a rule that is not sure leaves the
// text as it is. What is missed by that becomes a suggestion; what were merged
// wrongly would become a wrong code that nobody sees.
package verbatim
