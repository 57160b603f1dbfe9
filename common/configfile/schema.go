package configfile

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// field is a key that a struct accepts.
type field struct {
	name     string
	typ      reflect.Type
	required bool
	options  []string
	limits   *limits
}

// limits is the range tag of go-zero, such as "[1:10)". Either end may be absent.
type limits struct {
	text            string
	low, high       float64
	lowOut, highOut bool // the end itself is outside the range
}

func (l *limits) contains(v float64) bool {
	if l == nil {
		return true
	}
	if v < l.low || (l.lowOut && v == l.low) {
		return false
	}
	return v <= l.high && (!l.highOut || v != l.high)
}

// fieldsOf returns the keys of a struct as go-zero's mapping reads them: it
// flattens embedded structs and skips fields that have tags but no json tag.
func fieldsOf(t reflect.Type) ([]field, error) {
	return appendFields(nil, t, false, 0)
}

func appendFields(all []field, t reflect.Type, optional bool, depth int) ([]field, error) {
	if depth > 32 {
		return nil, fmt.Errorf("%v embeds itself", t)
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("json")
		if (sf.Tag != "" && !tagged) || (!sf.IsExported() && !sf.Anonymous) {
			continue
		}
		f, err := parseTag(sf, tag)
		if err != nil {
			return nil, fmt.Errorf("%v.%s: %w", t, sf.Name, err)
		}
		if f.name == "-" {
			continue
		}
		if inner := deref(sf.Type); sf.Anonymous && inner.Kind() == reflect.Struct {
			if all, err = appendFields(all, inner, optional || !f.required, depth+1); err != nil {
				return nil, err
			}
			continue
		}
		if !sf.IsExported() {
			continue
		}
		f.required = f.required && !optional
		if slices.ContainsFunc(all, func(o field) bool { return o.name == f.name }) {
			return nil, fmt.Errorf("%v has two fields for the key %s", t, f.name)
		}
		all = append(all, f)
	}
	return all, nil
}

// parseTag reads the parts of a go-zero tag that this package checks itself.
func parseTag(sf reflect.StructField, tag string) (field, error) {
	parts := splitTag(tag)
	f := field{name: sf.Name, typ: sf.Type, required: true}
	if parts[0] != "" {
		f.name = parts[0]
	}
	for _, p := range parts[1:] {
		key, value, _ := strings.Cut(p, "=")
		switch strings.TrimSpace(key) {
		case "optional", "default", "env", "inherit":
			f.required = false
		case "options":
			f.options = splitOptions(strings.TrimSpace(value))
		case "range":
			l, err := parseLimits(strings.TrimSpace(value))
			if err != nil {
				return field{}, err
			}
			f.limits = l
		}
	}
	return f, nil
}

// splitTag splits a tag at the commas outside brackets. A backslash keeps the
// next character. The result has at least one element, the name.
func splitTag(tag string) []string {
	var parts []string
	var b strings.Builder
	depth, escaped := 0, false
	for _, r := range tag {
		switch {
		case escaped:
			escaped = false
			b.WriteRune(r)
			continue
		case r == '\\' && depth == 0:
			escaped = true
			continue
		case r == '(' || r == '[':
			depth = 1
		case r == ')' || r == ']':
			depth = 0
		case r == ',' && depth == 0:
			parts = append(parts, strings.TrimSpace(b.String()))
			b.Reset()
			continue
		}
		b.WriteRune(r)
	}
	return append(parts, strings.TrimSpace(b.String()))
}

func splitOptions(s string) []string {
	sep := "|"
	if strings.HasPrefix(s, "[") {
		s, sep = strings.Trim(s, "[]"), ","
	}
	all := strings.Split(s, sep)
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

func parseLimits(s string) (*limits, error) {
	bad := fmt.Errorf("range tag %q does not have the form [low:high]", s)
	if len(s) < 3 || !strings.ContainsRune("[(", rune(s[0])) || !strings.ContainsRune("])", rune(s[len(s)-1])) {
		return nil, bad
	}
	low, high, ok := strings.Cut(s[1:len(s)-1], ":")
	if !ok {
		return nil, bad
	}
	l := &limits{text: s, low: math.Inf(-1), high: math.Inf(1), lowOut: s[0] == '(', highOut: s[len(s)-1] == ')'}
	var err error
	if low != "" {
		if l.low, err = strconv.ParseFloat(low, 64); err != nil {
			return nil, bad
		}
	}
	if high != "" {
		if l.high, err = strconv.ParseFloat(high, 64); err != nil {
			return nil, bad
		}
	}
	return l, nil
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
