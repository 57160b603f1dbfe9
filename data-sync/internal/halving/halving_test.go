package halving_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/halving"
)

// search tries groups from their front, as the callers do, and returns the items
// that fail alone and the number of tries.
func search(n, most int, bad func(i int) bool) (blamed, fine []int, tries int) {
	groups := halving.Of(n)
	for top := groups.Top(); top != nil; top = groups.Top() {
		sent := slices.Clone(top[:min(most, len(top))])
		tries++
		switch {
		case !slices.ContainsFunc(sent, bad):
			fine = append(fine, sent...)
			groups.Drop(func(i int) bool { return slices.Contains(sent, i) })
		case len(sent) == 1:
			blamed = append(blamed, sent...)
			groups.Drop(func(i int) bool { return i == sent[0] })
		default:
			groups.Split(sent)
		}
	}
	return blamed, fine, tries
}

func TestOneItemAtFaultIsFoundInTwiceTheLogarithmOfTheTries(t *testing.T) {
	blamed, fine, tries := search(512, 512, func(i int) bool { return i == 300 })
	if !slices.Equal(blamed, []int{300}) || len(fine) != 511 || tries > 2*9+1 {
		t.Errorf("blamed %v, %d fine, %d tries", blamed, len(fine), tries)
	}
}

func TestTheFirstHalfIsTriedFirst(t *testing.T) {
	groups := halving.Of(5)
	groups.Split(groups.Top()[:4])
	var order [][]int
	for top := groups.Top(); top != nil; top = groups.Top() {
		order = append(order, slices.Clone(top))
		groups.Pop()
	}
	if want := [][]int{{0, 1}, {2, 3}, {4}}; !slices.EqualFunc(order, want, slices.Equal) {
		t.Errorf("order %v, want %v", order, want)
	}
}

func TestWhatGoesToTheBackIsTriedLast(t *testing.T) {
	groups := halving.Of(4)
	groups.ToTheBack(1)
	if got := groups.Top(); !slices.Equal(got, []int{1, 2, 3, 0}) {
		t.Errorf("top %v", got)
	}
	groups.ToTheBack(9)
	if got := groups.Top(); !slices.Equal(got, []int{1, 2, 3, 0}) {
		t.Errorf("top %v after moving more than there is", got)
	}
}

func TestEveryItemHasOneOutcomeAndOnlyBadOnesAreBlamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 70).Draw(t, "n")
		most := rapid.IntRange(1, 80).Draw(t, "most")
		bad := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "bad")
		blamed, fine, _ := search(n, most, func(i int) bool { return bad[i] })
		for _, i := range blamed {
			if !bad[i] {
				t.Errorf("item %d is blamed and is fine", i)
			}
		}
		all := append(slices.Clone(blamed), fine...)
		slices.Sort(all)
		for i := range n {
			if i >= len(all) || all[i] != i {
				t.Fatalf("outcomes of %v, want each of 0 to %d once", all, n-1)
			}
		}
		if len(all) != n {
			t.Errorf("%d outcomes for %d items", len(all), n)
		}
	})
}
