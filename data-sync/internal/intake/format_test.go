package intake

import (
	"testing"
)

func TestFormatOf(t *testing.T) {
	for _, tt := range []struct {
		flag, name string
		want       Format
	}{
		{"", "a.csv", CSV}, {"", "dir/A.CSV", CSV}, {"", "a.ndjson", NDJSON}, {"", "a.jsonl", NDJSON}, {"csv", "a.txt", CSV}, {"NDJSON", "a.csv", NDJSON},
		{"", "a.txt", ""}, {"", "a.xlsx", ""}, {"xml", "a.csv", ""}, {"", "", ""},
	} {
		got, err := FormatOf(tt.flag, tt.name)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("FormatOf(%q, %q) = %q, %v", tt.flag, tt.name, got, err)
		}
	}
}
