package configfile

import (
	"errors"
	"fmt"
	"strings"
)

// expand replaces ${VAR} and ${VAR:-default} in one value, and reports whether it
// replaced anything. The value of a variable is not expanded again.
func expand(s string, lookup func(string) (string, bool)) (string, bool, error) {
	if !strings.Contains(s, "${") {
		return s, false, nil
	}
	var b strings.Builder
	expanded := false
	for {
		before, rest, found := strings.Cut(s, "${")
		if !found {
			b.WriteString(s)
			return b.String(), expanded, nil
		}
		if literal, ok := strings.CutSuffix(before, "$"); ok {
			b.WriteString(literal)
			b.WriteString("${")
			s = rest
			continue
		}
		b.WriteString(before)
		inside, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", false, errors.New("has ${ without }: add the }, or write $${ for a literal ${")
		}
		name, def, hasDefault := strings.Cut(inside, ":-")
		if !isVariable(name) {
			return "", false, errors.New("has ${...} around something that is not a variable name (letters, digits and _): correct the name, or write $${ for a literal ${")
		}
		value, set := lookup(name)
		switch {
		case value == "" && hasDefault:
			value = def
		case !set:
			return "", false, fmt.Errorf("refers to the environment variable %s, which is not set: set it, or give a default as ${%s:-value}", name, name)
		}
		b.WriteString(value)
		expanded = true
		s = after
	}
}

func isVariable(s string) bool {
	for i, r := range s {
		letter := r == '_' || (r >= 'A' && r <= 'Z') || (r >= 'a' && r <= 'z')
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}
