package lists

import (
	"fmt"
	"strings"
)

// Problem is one fault of a list.
type Problem struct {
	File   string // base name of the file
	Line   int    // 1-based; 0 for the file as a whole
	Field  string // column; empty for the row or file as a whole
	Reason string // never quotes a verbatim
}

// String returns the problem as "synonyms.csv:12: llt_code: reason".
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	if p.Field != "" {
		b.WriteString(": " + p.Field)
	}
	return b.String() + ": " + p.Reason
}

// ValidationError says why a list was refused. It holds all problems, ordered by line.
type ValidationError struct {
	Problems []Problem
}

// maxListed is the maximum number of problems in one message; Problems has them all.
const maxListed = 50

// Error lists the problems, one on each line.
func (e *ValidationError) Error() string {
	lines := make([]string, 0, maxListed+1)
	for i, p := range e.Problems {
		if i == maxListed {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Problems)-i))
			break
		}
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}
