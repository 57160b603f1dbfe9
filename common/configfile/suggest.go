package configfile

import "strings"

// suggestion returns "; did you mean KEY?" for the accepted key that is most
// similar to an unknown one, or "" if none is similar.
func suggestion(unknown string, fields []field) string {
	best, bestDistance := "", max(2, len(unknown)/3)+1
	for _, f := range fields {
		if d := distance(strings.ToLower(unknown), strings.ToLower(f.name)); d < bestDistance && d < len(f.name) {
			best, bestDistance = f.name, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + best + "?"
}

// distance is the Levenshtein distance of a and b: insertions, deletions and
// replacements of runes.
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	if len(ra) > 64 || len(rb) > 64 {
		return max(len(ra), len(rb))
	}
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range ra {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range rb {
			cost := 1
			if x == y {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(rb)]
}
