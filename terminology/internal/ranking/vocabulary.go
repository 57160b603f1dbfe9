package ranking

import "math"

// vocabulary holds the stems of a release's names.
type vocabulary struct {
	stem  func(word string) string
	stems map[string]int32 // stem -> term
	words map[string]int32 // word -> term
	text  []string         // term -> stem
	df    []int32          // term -> number of names that have it
	idf   []float32        // term -> weight: inverse document frequency
	rare  float32          // the weight of a word that no name has
}

func newVocabulary(stem func(string) string) *vocabulary {
	return &vocabulary{stem: stem, stems: make(map[string]int32), words: make(map[string]int32)}
}

// add gives the term of a word, and makes a new one if there is none.
func (v *vocabulary) add(word string) int32 {
	if t, ok := v.words[word]; ok {
		return t
	}
	s := v.stem(word)
	t, ok := v.stems[s]
	if !ok {
		t = narrow(len(v.text))
		v.stems[s] = t
		v.text, v.df = append(v.text, s), append(v.df, 0)
	}
	v.words[word] = t
	return t
}

// find gives the term of a word; -1 if no name has it.
func (v *vocabulary) find(word string) int32 {
	if t, ok := v.words[word]; ok {
		return t
	}
	if t, ok := v.stems[v.stem(word)]; ok {
		return t
	}
	return -1
}

// weigh computes the weights once all names are in.
func (v *vocabulary) weigh(names int) {
	v.idf = make([]float32, len(v.df))
	for t, df := range v.df {
		v.idf[t] = idf(names, df)
	}
	v.rare = idf(names, 1)
}

func idf(names int, df int32) float32 {
	return float32(math.Log1p(float64(names) / float64(df)))
}
