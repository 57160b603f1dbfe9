package ranking

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
)

// Model scores a name by its features, with a sum of small trees. The difference of
// two scores is the logarithm of the odds between the names.
type Model struct {
	// Trees are added up.
	Trees []Tree `json:"trees"`
	// Calibration turns scores into probabilities.
	Calibration Calibration `json:"calibration"`

	flat []flatTree // the trees in a form that is fast to evaluate; nil: not made
}

// flatTree is a tree with its nodes side by side.
type flatTree struct {
	nodes  []flatNode
	leaves []float32
}

type flatNode struct {
	threshold float32
	feature   uint32
}

// flatten makes the model fast to evaluate. The scores stay the same.
func (m *Model) flatten() {
	m.flat = make([]flatTree, len(m.Trees))
	for i, t := range m.Trees {
		f := flatTree{nodes: make([]flatNode, len(t.Features)), leaves: t.Leaves}
		for j, k := range t.Features {
			if k < 0 { // every value is at or below infinity, and goes left
				f.nodes[j] = flatNode{threshold: float32(math.Inf(1))}
			} else {
				f.nodes[j] = flatNode{t.Thresholds[j], uint32(k)} // a few dozen features
			}
		}
		m.flat[i] = f
	}
}

// Tree is a binary tree, its nodes in breadth-first order: node i has the
// children 2i+1 and 2i+2. Values at or below a threshold go left.
type Tree struct {
	Features   []int     `json:"f"` // -1: every name goes left
	Thresholds []float32 `json:"t"`
	Leaves     []float32 `json:"v"`
}

// Calibration is a logistic regression that gives the probability that the first
// group is right, from the shape of the scores.
type Calibration struct {
	Bias    float64   `json:"bias"`
	Weights []float64 `json:"weights"`
}

func (m *Model) score(f *featureVector) float32 {
	sum := float32(0)
	if m.flat != nil {
		for i := range m.flat {
			t := &m.flat[i]
			at := uint(0)
			for at < uint(len(t.nodes)) {
				n := t.nodes[at]
				at = 2*at + 1
				if f[n.feature] > n.threshold {
					at++
				}
			}
			sum += t.leaves[at-uint(len(t.nodes))]
		}
		return sum
	}
	for i := range m.Trees {
		t := &m.Trees[i]
		at := 0
		for at < len(t.Features) {
			if k := t.Features[at]; k < 0 || f[k] <= t.Thresholds[at] {
				at = 2*at + 1
			} else {
				at = 2*at + 2
			}
		}
		sum += t.Leaves[at-len(t.Features)]
	}
	return sum
}

// The models, as `make train` fits them.
var (
	//go:embed model_en.json
	englishModel []byte
	//go:embed model_zh.json
	chineseModel []byte
)

func mustModel(text []byte) *Model {
	var m Model
	if err := json.Unmarshal(text, &m); err != nil {
		panic(fmt.Sprintf("the model is not readable: %v", err)) // it is compiled in: every test would fail
	}
	m.flatten()
	return &m
}

func sigmoid(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
