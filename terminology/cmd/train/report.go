package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"aecode/terminology/internal/ranking"
	"aecode/terminology/internal/ranking/training"
)

// describe prints the size of the training data.
func (l lesson) describe(w io.Writer) {
	fmt.Fprintf(w, "%d gold lines, %d answerable, %d with a right PT among those ranked; %d synthetic wordings\n",
		len(l.wordings), l.answerable(), l.retrieved(), len(l.synthetic))
}

// hits counts ranks.
type hits struct{ n, first, five, twenty int }

func (h *hits) add(rank int) {
	h.n++
	for _, k := range []struct {
		most  int
		count *int
	}{{1, &h.first}, {5, &h.five}, {20, &h.twenty}} {
		if rank > 0 && rank <= k.most {
			*k.count++
		}
	}
}

func (h hits) write(w io.Writer, name string) {
	share := func(n int) float64 { return 100 * float64(n) / float64(max(h.n, 1)) }
	fmt.Fprintf(w, "%-24s %7d %9.2f %% %9.2f %% %9.2f %%\n", name, h.n, share(h.first), share(h.five), share(h.twenty))
}

// validated prints the accuracy of models on wordings that they were not trained on.
func (l lesson) validated(w io.Writer, outcomes []training.Outcome) {
	var all, others hits
	for _, o := range outcomes {
		all.add(o.Rank)
		if !l.sameWords(o.Wording) {
			others.add(o.Rank)
		}
	}
	fmt.Fprintf(w, "%-24s %7s %11s %11s %11s\n", "cross-validated", "lines", "accuracy@1", "recall@5", "recall@20")
	all.write(w, "all")
	others.write(w, "no name in these words")
}

// fitted prints the features that the model uses, the most used first.
func fitted(w io.Writer, trees []ranking.Tree, loss float64) {
	use := training.Use(trees)
	order := make([]int, len(use))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(use[b], use[a]) })
	fmt.Fprintf(w, "fitted: %d trees, loss %.4f; features by use\n", len(trees), loss)
	for _, k := range order {
		fmt.Fprintf(w, "  %-14s %7.2f\n", ranking.FeatureNames[k], use[k])
	}
}
