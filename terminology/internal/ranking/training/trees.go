// Package training fits the model of package ranking to wordings whose right
// groups are known. The loss is the negative logarithm of the probability that the
// right group is chosen among all groups that were retrieved.
package training

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"aecode/terminology/internal/ranking"
)

// Options tune the fitting.
type Options struct {
	Trees int     // number of trees
	Depth int     // levels of each tree
	Rate  float64 // learning rate: the share of each tree's output that is used
	Ridge float64 // added to a leaf's weight, which makes its value smaller
	Share float64 // share of the wordings that each tree is grown on
	Seed  uint64  // of all random draws
}

// Wording is one training example.
type Wording struct {
	Samples []ranking.Sample
	Right   map[int32]bool // the right groups
	Weight  float64
}

// rising and falling are the features that, all else equal, can only raise a name's
// score or only lower it. Trees respect that, so that what they learn from one kind of
// wording does no harm on another.
var rising, falling = ranking.Rising(), ranking.Falling()

// bins is the number of steps a feature is cut into.
const bins = 64

// matrix holds all samples as rows, with their features as bins.
type matrix struct {
	rows    int
	bin     [ranking.FeatureCount][]uint8
	cuts    [ranking.FeatureCount][]float32
	starts  []int // wording -> its first row
	group   []int32
	score   []float64
	grad    []float64
	hess    []float64
	wording []Wording
}

func newMatrix(all []Wording) *matrix {
	m := &matrix{}
	for _, w := range all {
		usable := false
		for _, s := range w.Samples {
			usable = usable || w.Right[s.Group]
		}
		if !usable {
			continue // it has no right choice
		}
		m.wording = append(m.wording, w)
		m.starts = append(m.starts, m.rows)
		m.rows += len(w.Samples)
	}
	m.starts = append(m.starts, m.rows)
	if m.rows == 0 {
		return m
	}
	m.score, m.grad, m.hess = make([]float64, m.rows), make([]float64, m.rows), make([]float64, m.rows)
	for k := range ranking.FeatureCount {
		values := make([]float32, 0, m.rows)
		for _, w := range m.wording {
			for _, s := range w.Samples {
				values = append(values, s.Features[k])
			}
		}
		sorted := slices.Clone(values)
		slices.Sort(sorted)
		var cuts []float32
		for i := 1; i < bins; i++ {
			c := sorted[min(len(sorted)-1, i*len(sorted)/bins)]
			if len(cuts) == 0 || c > cuts[len(cuts)-1] {
				cuts = append(cuts, c)
			}
		}
		m.cuts[k] = cuts
		m.bin[k] = make([]uint8, m.rows)
		for i, v := range values {
			at, _ := slices.BinarySearch(cuts, v) // values up to cuts[at] go left of it
			m.bin[k][i] = uint8(at)               // less than bins
		}
	}
	for _, w := range m.wording {
		for _, s := range w.Samples {
			m.group = append(m.group, s.Group)
		}
	}
	return m
}

// gradients computes the gradient of the loss at the current scores.
func (m *matrix) gradients() (loss float64) {
	var sum, weight float64
	for i, w := range m.wording {
		from, to := m.starts[i], m.starts[i+1]
		highest := math.Inf(-1)
		for r := from; r < to; r++ {
			highest = max(highest, m.score[r])
		}
		all, right := 0.0, 0.0
		for r := from; r < to; r++ {
			e := math.Exp(m.score[r] - highest)
			all += e
			if w.Right[m.group[r]] {
				right += e
			}
		}
		for r := from; r < to; r++ {
			e := math.Exp(m.score[r] - highest)
			p, target := e/all, 0.0
			if w.Right[m.group[r]] {
				target = e / right
			}
			m.grad[r] = w.Weight * (p - target)
			m.hess[r] = w.Weight * max(p*(1-p), 1e-6)
		}
		sum -= w.Weight * math.Log(right/all)
		weight += w.Weight
	}
	return sum / weight
}

// Fit grows the trees and returns them with the loss of the last round. If no wording
// has its right group among its samples, there is nothing to learn and no tree. The
// same input gives the same trees.
func Fit(all []Wording, o Options) ([]ranking.Tree, float64) {
	m := newMatrix(all)
	if len(m.wording) == 0 {
		return nil, 0
	}
	random := rand.New(rand.NewPCG(o.Seed, 1)) // reproducible draws, not a secret
	var trees []ranking.Tree
	loss := 0.0
	for range o.Trees {
		loss = m.gradients()
		var rows []int32
		for i := range m.wording {
			if random.Float64() >= o.Share {
				continue
			}
			for r := m.starts[i]; r < m.starts[i+1]; r++ {
				rows = append(rows, int32(r)) // a few million samples
			}
		}
		t := m.grow(rows, o)
		trees = append(trees, t)
		for r := range m.rows {
			m.score[r] += float64(m.leaf(t, r))
		}
	}
	return trees, loss
}

func (m *matrix) leaf(t ranking.Tree, row int) float32 {
	at := 0
	for at < len(t.Features) {
		k := t.Features[at]
		if k < 0 || int(m.bin[k][row]) < len(m.cuts[k]) && m.cuts[k][m.bin[k][row]] <= t.Thresholds[at] {
			at = 2*at + 1
		} else {
			at = 2*at + 2
		}
	}
	return t.Leaves[at-len(t.Features)]
}

// bound is the range of values that the leaves below a node may have.
type bound struct{ least, most float64 }

func (b bound) hold(v float64) float64 { return min(max(v, b.least), b.most) }

// grow grows one tree level by level.
func (m *matrix) grow(rows []int32, o Options) ranking.Tree {
	inner := 1<<o.Depth - 1
	t := ranking.Tree{Features: make([]int, inner), Thresholds: make([]float32, inner), Leaves: make([]float32, inner+1)}
	nodes := map[int][]int32{0: rows}
	bounds := make([]bound, 2*inner+1)
	bounds[0] = bound{math.Inf(-1), math.Inf(1)}
	for at := range inner {
		here, limits := nodes[at], bounds[at]
		delete(nodes, at)
		k, cut := m.split(here, limits, o)
		t.Features[at] = k
		bounds[2*at+1], bounds[2*at+2] = limits, limits
		if k < 0 {
			nodes[2*at+1] = here
			continue
		}
		t.Thresholds[at] = m.cuts[k][cut]
		var left, right []int32
		for _, r := range here {
			if int(m.bin[k][r]) <= cut {
				left = append(left, r)
			} else {
				right = append(right, r)
			}
		}
		middle := (limits.hold(m.value(left, o)) + limits.hold(m.value(right, o))) / 2
		switch {
		case rising[k]:
			bounds[2*at+1].most, bounds[2*at+2].least = middle, middle
		case falling[k]:
			bounds[2*at+1].least, bounds[2*at+2].most = middle, middle
		}
		nodes[2*at+1], nodes[2*at+2] = left, right
	}
	for leaf := range t.Leaves {
		at := inner + leaf
		v := 0.0
		if len(nodes[at]) > 0 {
			v = m.value(nodes[at], o)
		}
		t.Leaves[leaf] = float32(o.Rate * bounds[at].hold(v))
	}
	return t
}

// value is the value of a leaf with these rows.
func (m *matrix) value(rows []int32, o Options) float64 {
	var g, h float64
	for _, r := range rows {
		g, h = g+m.grad[r], h+m.hess[r]
	}
	return -g / (h + o.Ridge)
}

// split finds the feature and cut with the greatest gain; -1 if none has a gain.
func (m *matrix) split(rows []int32, limits bound, o Options) (feature, cut int) {
	type best struct {
		gain float64
		cut  int
	}
	if len(rows) < 20 {
		return -1, 0
	}
	found := make([]best, ranking.FeatureCount)
	var work sync.WaitGroup
	next := make(chan int, ranking.FeatureCount)
	for k := range ranking.FeatureCount {
		next <- k
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for k := range next {
				var g, h [bins]float64
				var allG, allH float64
				for _, r := range rows {
					b := m.bin[k][r]
					g[b] += m.grad[r]
					h[b] += m.hess[r]
				}
				for b := range g {
					allG, allH = allG+g[b], allH+h[b]
				}
				var leftG, leftH float64
				for b := range len(m.cuts[k]) {
					leftG, leftH = leftG+g[b], leftH+h[b]
					rightG, rightH := allG-leftG, allH-leftH
					if leftH < 0.1 || rightH < 0.1 {
						continue
					}
					left, right := limits.hold(-leftG/(leftH+o.Ridge)), limits.hold(-rightG/(rightH+o.Ridge))
					if rising[k] && left > right || falling[k] && left < right {
						continue
					}
					gain := leftG*leftG/(leftH+o.Ridge) + rightG*rightG/(rightH+o.Ridge) - allG*allG/(allH+o.Ridge)
					if gain > found[k].gain {
						found[k] = best{gain, b}
					}
				}
			}
		})
	}
	work.Wait()
	feature = -1
	gain := 1e-4
	for k, b := range found {
		if b.gain > gain {
			feature, cut, gain = k, b.cut, b.gain
		}
	}
	return feature, cut
}
