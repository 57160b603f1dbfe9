package configfile

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var durationType = reflect.TypeFor[time.Duration]()

// takesText reports whether t parses itself from text, as netip.Addr does.
func takesText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// scalar reads one value of a basic type. It checks the options and the range of
// the field here, so that the error can name the path.
func (w *walker) scalar(n *yaml.Node, f *field, t reflect.Type, path string) (any, bool) {
	want := wanted(t)
	if n.Kind != yaml.ScalarNode {
		w.failf(n.Line, path, "must be %s, is %s", want, describe(n))
		return nil, false
	}
	if isNull(n) {
		w.failf(n.Line, path, "has no value: give one or remove the key")
		return nil, false
	}
	text, expanded, err := expand(n.Value, w.lookup)
	if err != nil {
		w.failf(n.Line, path, "%v", err)
		return nil, false
	}
	// A quoted value is a string, unless it was quoted because of its ${...}.
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && !expanded && isNumberOrBool(t) {
		w.failf(n.Line, path, "must be %s, is a string: remove the quotes", want)
		return nil, false
	}
	return w.plain(n.Line, text, expanded, f, t, path)
}

// plain reads one value after its ${...} are replaced.
func (w *walker) plain(line int, text string, expanded bool, f *field, t reflect.Type, path string) (any, bool) {
	if !utf8.ValidString(text) {
		w.failf(line, path, "is not valid UTF-8 after ${...} was replaced")
		return nil, false
	}
	v, number, ok := convert(text, t)
	if !ok {
		w.failf(line, path, "must be %s%s", wanted(t), shown(text, expanded))
		return nil, false
	}
	if len(f.options) > 0 && !slices.Contains(f.options, text) {
		w.failf(line, path, "must be one of %s%s", strings.Join(f.options, ", "), shown(text, expanded))
		return nil, false
	}
	if isNumber(t) && !f.limits.contains(number) {
		w.failf(line, path, "must be in the range %s%s", f.limits.text, shown(text, expanded))
		return nil, false
	}
	return v, true
}

// convert parses text as t. number is the value of a number, for range checks.
func convert(text string, t reflect.Type) (v any, number float64, ok bool) {
	if takesText(t) {
		err := reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
		return text, 0, err == nil
	}
	if t == durationType {
		_, err := time.ParseDuration(text)
		return text, 0, err == nil
	}
	switch t.Kind() {
	case reflect.String:
		return text, 0, true
	case reflect.Bool:
		switch strings.ToLower(text) {
		case "true":
			return true, 0, true
		case "false":
			return false, 0, true
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if i, err := strconv.ParseInt(text, 0, t.Bits()); err == nil {
			return json.Number(strconv.FormatInt(i, 10)), float64(i), true
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if u, err := strconv.ParseUint(text, 0, t.Bits()); err == nil {
			return json.Number(strconv.FormatUint(u, 10)), float64(u), true
		}
	case reflect.Float32, reflect.Float64:
		if x, err := strconv.ParseFloat(text, t.Bits()); err == nil && !math.IsInf(x, 0) && !math.IsNaN(x) {
			return json.Number(strconv.FormatFloat(x, 'g', -1, 64)), x, true
		}
	}
	return nil, 0, false
}

// element adapts a value of a list or a map. There go-zero reads a duration as a
// number of nanoseconds.
func element(t reflect.Type, v any) any {
	if deref(t) == durationType {
		if text, ok := v.(string); ok {
			if d, err := time.ParseDuration(text); err == nil {
				return json.Number(strconv.FormatInt(int64(d), 10))
			}
		}
	}
	return v
}

func isNumber(t reflect.Type) bool {
	if t == durationType {
		return false
	}
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 && t.Kind() != reflect.Uintptr
}

func isNumberOrBool(t reflect.Type) bool { return t.Kind() == reflect.Bool || isNumber(t) }

// wanted describes the values of t in an error.
func wanted(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration with its unit, such as 300ms, 5s or 72h"
	case takesText(t):
		return "a valid " + t.String()
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "a number"
	case isNumber(t) && t.Kind() >= reflect.Uint:
		return "a whole number that is not negative and fits in " + strconv.Itoa(t.Bits()) + " bits"
	case isNumber(t):
		return "a whole number that fits in " + strconv.Itoa(t.Bits()) + " bits"
	default:
		return "a string"
	}
}

// shown quotes a value that is written in the file. It does not quote one from
// the environment, which may be a secret.
func shown(text string, expanded bool) string {
	if expanded {
		return ", but the value from the environment is not"
	}
	if len(text) > 40 {
		return ", is a string of " + strconv.Itoa(len(text)) + " bytes"
	}
	return ", is " + strconv.Quote(text)
}
