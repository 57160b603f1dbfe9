package ranking

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// contests finds the names of several groups that are the same once words with the
// same meaning count as one: "liver cancer" and "hepatic cancer".
type contests struct {
	seed   maphash.Seed
	groups map[uint64]int32 // words of a name -> its group, or severalGroups
}

// measuredWords are stems of words that only say that a value was measured.
var measuredWords = set("blood serum plasma level count concentr test")

// severalGroups stands for the groups of names with the same words.
const severalGroups = -1

func (x *Index) newContests() contests {
	c := contests{seed: maphash.MakeSeed(), groups: make(map[uint64]int32, len(x.names))}
	for i, n := range x.names {
		if n.Learned {
			continue
		}
		key := c.key(x, x.terms.of(int32(i)))
		if g, ok := c.groups[key]; ok && g != n.Group {
			c.groups[key] = severalGroups
		} else {
			c.groups[key] = n.Group
		}
	}
	return c
}

func (c contests) key(x *Index, terms []int32) uint64 {
	var classes [maxTokens]int32
	n := 0
	for _, t := range terms[:min(len(terms), maxTokens)] {
		if len(terms) > 1 && measuredWords[x.voc.text[t]] {
			continue
		}
		classes[n] = x.readings.class[t]
		n++
	}
	slices.Sort(classes[:n])
	var h maphash.Hash
	h.SetSeed(c.seed)
	var buf [4]byte
	for _, class := range slices.Compact(classes[:n]) {
		binary.LittleEndian.PutUint32(buf[:], uint32(class)) // only the bits count
		_, _ = h.Write(buf[:])                               // a hash never fails
	}
	return h.Sum64()
}

// Contested reports whether a name of another group has the same words as this one,
// or words with the same meaning.
func (x *Index) Contested(name int32) bool {
	return x.contests.groups[x.contests.key(x, x.terms.of(name))] == severalGroups
}
