package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"aecode/data-sync/internal/report"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. It is the inner loop of intake,
// hence not encoding/json.
func appendString(buf []byte, s string) []byte {
	buf = append(buf, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		buf = append(buf, s[start:i]...)
		if c == '"' || c == '\\' {
			buf = append(buf, '\\', c)
		} else {
			buf = append(buf, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		start = i + 1
	}
	buf = append(buf, s[start:]...)
	return append(buf, '"')
}

// encodeFields gives the columns as JSON. A value that is no text is kept as
// base64 under "b".
func encodeFields(fields []report.Field) string {
	size := 2
	for _, f := range fields {
		size += len(f.Name) + len(f.Value) + 16
	}
	buf := append(make([]byte, 0, size), '[')
	for i, f := range fields {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, `{"n":`...)
		name := f.Name
		if !report.IsText(name) {
			name = strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
		}
		buf = appendString(buf, name)
		if report.IsText(f.Value) {
			buf = append(buf, `,"v":`...)
			buf = appendString(buf, f.Value)
		} else {
			buf = append(buf, `,"b":"`...)
			buf = base64.StdEncoding.AppendEncode(buf, []byte(f.Value))
			buf = append(buf, '"')
		}
		buf = append(buf, '}')
	}
	return string(append(buf, ']'))
}

func decodeFields(text string) ([]report.Field, error) {
	var stored []struct {
		Name  string `json:"n"`
		Value string `json:"v"`
		Bytes []byte `json:"b"`
	}
	// The error of encoding/json could quote a value.
	if json.Unmarshal([]byte(text), &stored) != nil {
		return nil, errors.New("its fields column is not the JSON this store writes")
	}
	fields := make([]report.Field, len(stored))
	for i, f := range stored {
		fields[i] = report.Field{Name: f.Name, Value: f.Value}
		if f.Bytes != nil {
			fields[i].Value = string(f.Bytes)
		}
	}
	return fields, nil
}
