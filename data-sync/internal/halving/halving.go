// Package halving finds the items at fault in a batch that fails as a whole: the
// batch is cut in two again and again, until what still fails is a single item.
//
// It only keeps the order in which parts are tried. Who tries them decides what a
// failure means, how many tries there are, and whether any item is to blame at
// all: where everything fails, no item is.
package halving

import "slices"

// Groups is a stack of groups of items that have no outcome yet. An item is its
// index in the batch. The topmost group is tried next.
type Groups struct{ stack [][]int }

// Of returns one group of the items 0 to n-1.
func Of(n int) *Groups {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return &Groups{stack: [][]int{all}}
}

// Top returns the topmost group, which is not empty, or nil when no item is left.
// The caller must not change it.
func (g *Groups) Top() []int {
	for len(g.stack) > 0 {
		if top := g.stack[len(g.stack)-1]; len(top) > 0 {
			return top
		}
		g.stack = g.stack[:len(g.stack)-1]
	}
	return nil
}

// Drop removes the items that are done from the topmost group, and reports whether
// that group has any left.
func (g *Groups) Drop(done func(i int) bool) bool {
	top := g.Top()
	if top == nil {
		return false
	}
	left := slices.DeleteFunc(top, done)
	g.stack[len(g.stack)-1] = left
	return len(left) > 0
}

// Pop removes the topmost group.
func (g *Groups) Pop() {
	if g.Top() != nil {
		g.stack = g.stack[:len(g.stack)-1]
	}
}

// Split cuts the failed items, two or more of the topmost group, in two. The first
// half is tried next, then the second, then what the group has besides.
func (g *Groups) Split(failed []int) {
	failed = slices.Clone(failed) // it may be a part of the group
	g.Drop(func(i int) bool { return slices.Contains(failed, i) })
	half := len(failed) / 2
	g.stack = append(g.stack, failed[half:], failed[:half:half])
}

// ToTheBack moves the first n items of the topmost group to its end.
func (g *Groups) ToTheBack(n int) {
	top := g.Top()
	if n = min(n, len(top)); n > 0 {
		g.stack[len(g.stack)-1] = append(slices.Clone(top[n:]), top[:n]...)
	}
}
