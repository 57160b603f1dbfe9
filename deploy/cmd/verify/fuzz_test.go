package main

import (
	"bytes"
	"encoding/json"
	"testing"
)

func FuzzRecordsCoverTheInputWithoutGapOrOverlap(f *testing.F) {
	for _, seed := range []string{"a,\"b\"\r", "a,\"b\"\"\r\nc\" \t,d\n", " \t\r\n\n\"a\",b", "a,\"b\nc,d\r\"x", "\"\"\"\",,\r"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, in []byte, asCSV bool) {
		c := cutter{csv: asCSV}
		for rest := in; len(rest) > 0; {
			r := c.cut(rest[:min(len(rest), horizon)])
			if r.size < 1 || r.body > r.size || r.size-r.body > 2 || r.size > len(rest) {
				t.Fatalf("%+v of %d bytes", r, len(rest))
			}
			// What lies beyond the horizon must not matter.
			if all := (&cutter{csv: asCSV}).cut(rest); all != r {
				t.Fatalf("%+v within the horizon, %+v with all", r, all)
			}
			if rest = rest[r.size:]; r.kind == whole && asCSV && len(c.cells) == 0 {
				t.Fatal("a record without cells")
			}
		}
	})
}

func FuzzAFlatObjectIsWhatEncodingJSONReads(f *testing.F) {
	lines, _ := oddNDJSON()
	for line := range bytes.SplitSeq(lines, []byte{'\n'}) {
		f.Add(line)
	}
	f.Add([]byte(`{"a":"\ud83d\ude00","b":1e3,"c":null}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		got, ok := flatObject(line)
		if !ok {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for name, v := range want {
			text, isText := v.(string)
			key, usable := columnName(name)
			if mine := got[key]; isText && usable && mine.raw == nil && mine.text != text {
				t.Fatalf("%q is %q, want %q", name, mine.text, text)
			}
		}
	})
}

func FuzzTranscodingKeepsWhatCannotBeDecoded(f *testing.F) {
	text, _ := chineseCSV()
	for line := range bytes.SplitSeq(text, []byte{'\n'}) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out := transcode(encodingGB18030, in)
		if decoded, ok := decode(encodingGB18030, in); ok && decoded != string(out) {
			t.Fatalf("%q became %q, want %q", in, out, decoded)
		}
		if ascii(in) && string(out) != string(in) {
			t.Fatalf("%q became %q", in, out)
		}
		if len(in) > 0 && len(out) == 0 {
			t.Fatal("nothing is left")
		}
	})
}
