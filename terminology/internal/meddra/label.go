package meddra

import (
	"cmp"
	"strings"
)

// CompareLabels orders version labels from old to new. It returns a negative number if a
// is older than b, and 0 only for equal labels. Runs of digits compare as numbers, so
// 9.1 is older than 10.0. A label that begins with a digit, as MedDRA's own labels do, is
// newer than any other, so that a licensed release is preferred to a demo release.
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
	// If one label begins with the other, the longer one is newer. Labels such as 29.0 and
	// 29.00, with equal numbers, are ordered as texts.
	return cmp.Or(cmp.Compare(len(restA), len(restB)), strings.Compare(a, b))
}

func rank(s string) int {
	if s != "" && isDigit(s[0]) {
		return 1
	}
	return 0
}

// leadingRun cuts off the longest beginning of digits only, or without digits.
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
