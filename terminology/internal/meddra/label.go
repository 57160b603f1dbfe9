package meddra

import (
	"cmp"
	"strings"
)

// CompareLabels orders version labels from old to new: negative when a is older
// than b. Runs of digits compare as numbers, so 9.1 is older than 10.0. A label
// that begins with a digit, as MedDRA's own do, is newer than any other: a
// licensed release comes before a demo one. Zero is only for equal labels.
func CompareLabels(a, b string) int {
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	restA, restB := a, b
	for restA != "" && restB != "" {
		var partA, partB string
		partA, restA = leadingRun(restA)
		partB, restB = leadingRun(restB)
		c := strings.Compare(partA, partB)
		if isDigit(partA[0]) && isDigit(partB[0]) {
			c = compareNumbers(partA, partB)
		}
		if c != 0 {
			return c
		}
	}
	// Equal so far: the longer is newer, and 29.0 and 29.00 still have an order.
	return cmp.Or(cmp.Compare(len(restA), len(restB)), strings.Compare(a, b))
}

func rank(s string) int {
	if s != "" && isDigit(s[0]) {
		return 1
	}
	return 0
}

// leadingRun cuts the longest start of digits only, or of none.
func leadingRun(s string) (run, rest string) {
	i := 1
	for i < len(s) && isDigit(s[i]) == isDigit(s[0]) {
		i++
	}
	return s[:i], s[i:]
}

// compareNumbers compares runs of digits of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
