package coder

import "aecode/terminology/internal/meddra"

// Hit is a name that a [Retriever] found.
type Hit struct {
	Name  int32   // position in the names the retriever was built from
	Score float32 // 0 to 1
}

// Retriever finds the names nearest to a wording. It is immutable and safe for
// concurrent use, and the same wording always gets the same hits.
type Retriever interface {
	// Retrieve returns up to limit hits for a folded wording, the best first,
	// equal scores in the order of names.
	Retrieve(folded string, limit int) []Hit
}

// NewRetriever builds a retriever for folded names in one language. It may keep
// the slice but must not change it.
type NewRetriever func(lang meddra.Language, names []string) Retriever
