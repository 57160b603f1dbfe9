package ranking

import "math"

// postings is an inverted index: the names with item i are posts[starts[i]:starts[i+1]].
type postings struct {
	starts []int32
	posts  []int32
}

func (p postings) of(item int32) []int32 { return p.posts[p.starts[item]:p.starts[item+1]] }

func (p postings) len(item int32) int { return int(p.starts[item+1] - p.starts[item]) }

// itemLists holds a list of items for each name: those of name i are items[starts[i]:starts[i+1]].
type itemLists struct {
	starts []int32
	items  []int32
}

func newItemLists(n int) itemLists { return itemLists{starts: append(make([]int32, 0, n+1), 0)} }

// end ends the list of the current name.
func (l *itemLists) end() { l.starts = append(l.starts, narrow(len(l.items))) }

func (l itemLists) of(name int32) []int32 { return l.items[l.starts[name]:l.starts[name+1]] }

// invert turns the lists into postings of n items.
func (l itemLists) invert(n int) postings {
	p := postings{starts: make([]int32, n+1), posts: make([]int32, len(l.items))}
	for _, item := range l.items {
		p.starts[item+1]++
	}
	for i := range n {
		p.starts[i+1] += p.starts[i]
	}
	fill := append([]int32(nil), p.starts[:n]...)
	for name := range len(l.starts) - 1 {
		for _, item := range l.of(int32(name)) {
			p.posts[fill[item]] = int32(name)
			fill[item]++
		}
	}
	return p
}

// narrow converts a position to the type in which indexes store it. It panics if the
// position does not fit, which the maximum size of a release excludes.
func narrow(n int) int32 {
	if n < 0 || n > math.MaxInt32 {
		panic("an index of more than 2,147,483,647 entries")
	}
	return int32(n)
}
