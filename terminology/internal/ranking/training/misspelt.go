package training

import (
	"math/rand/v2"
	"strings"
)

// minMisspelt is the shortest word that is misspelt: a slip in a shorter one
// makes another word.
const minMisspelt = 6

const letters = "abcdefghijklmnopqrstuvwxyz"

// misspelt gives a wording with one slip in one of its words: a letter left out, two
// letters swapped, a letter replaced, or a letter written twice. The first letter of a
// word stays, since people seldom get it wrong. It reports false if the word drawn is
// too short.
func misspelt(random *rand.Rand, form string) (string, bool) {
	words := strings.Split(form, " ")
	i := random.IntN(len(words))
	w := []byte(words[i])
	if len(w) < minMisspelt {
		return "", false
	}
	at := 1 + random.IntN(len(w)-2)
	switch random.IntN(4) {
	case 0:
		w = append(w[:at], w[at+1:]...)
	case 1:
		w[at], w[at+1] = w[at+1], w[at]
	case 2:
		w[at] = letters[random.IntN(len(letters))]
	case 3:
		w = append(w[:at+1], w[at:]...)
	}
	words[i] = string(w)
	return strings.Join(words, " "), true
}
