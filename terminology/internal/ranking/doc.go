// Package ranking finds the names of a release that a wording most probably
// means, and gives the probability of each.
//
// It works in two stages. The first retrieves names that have groups of letters or
// words in common with the wording, either directly or through a reading: the meaning
// of an abbreviation or an everyday phrase, a word for another one, a repaired
// spelling. The second reranks them: it computes features of each name, such as the
// share of the wording that the name covers, and a small trained model turns the
// features into a score. Names are then grouped by what they lead to, and the
// scores of the groups become probabilities.
//
// Nothing here decides: a ranked name is a suggestion.
package ranking
