// Package ranking finds the names of a release that a wording most probably
// means, and says how probable each is.
//
// It works in two passes. The first gathers names that share groups of letters
// or words with the wording, directly or through a reading: an abbreviation, an
// everyday phrase, a word for another one, a repaired spelling. The second looks
// at each of them closely, measures how well either side is accounted for by the
// other, and lets a small trained model weigh the measures. Names are then
// grouped by what they lead to, and the scores of the groups become
// probabilities.
//
// Nothing here decides: a ranked name is a suggestion.
package ranking
