package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func addSeeds(f *testing.F) {
	for _, seed := range []string{
		"", "S,1,headache\n", "S,1,\"pain, \"\"stabbing\"\"\"\r\nS,2,x", "S,1,\"never closed\nS,2,x\n", "\xef\xbb\xbfS,1,caf\xe9\n",
		`{"STUDYID":"S","AESPID":1,"AETERM":"x\u0000\ud83d"}` + "\n", `{"a":[1]}`, "\"\n\"\"\r,\"a\"b", "S,1,\xcd\xb7\xcd\xb4\n", "\xff\xfea\x00", strings.Repeat("x", 40),
	} {
		f.Add([]byte(seed))
	}
}

func FuzzSplitter(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, format := range []Format{CSV, NDJSON} {
			s := newSplitter(bytes.NewReader(file), format, 0, 16, 2, bounds{bytes: 12, lines: 3})
			var joined []byte
			for {
				p, err := s.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil || len(p.Rows) == 0 || len(p.Rows) > 27 || p.Records > 2 {
					t.Fatalf("piece of %d bytes, %d records: %v", len(p.Rows), p.Records, err)
				}
				joined = append(joined, p.Rows...)
			}
			if !bytes.HasSuffix(file, joined) || len(file)-len(joined) > len(bomGB18030) {
				t.Fatalf("%q joined to %q", file, joined)
			}
		}
	})
}

func fuzzParse(t *testing.T, header, rows []byte, format Format) {
	for _, encoding := range []Encoding{UTF8, GB18030} {
		p, err := Parse(header, rows, 2, Options{Format: format, Encoding: encoding})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Rows {
			if CheckIdentity(r.Identity) != nil || !utf8.ValidString(r.Verbatim) || strings.IndexByte(r.Verbatim, 0) >= 0 {
				t.Fatalf("row %+v", r)
			}
			if r.Hold == "" {
				if text, _, hold := CheckVerbatim(r.Verbatim); hold != "" || text != r.Verbatim {
					t.Fatalf("row %+v is not held", r)
				}
			}
			for _, field := range r.Fields {
				if !utf8.ValidString(field.Value) || strings.IndexByte(field.Value, 0) >= 0 {
					t.Fatalf("field %+v", field)
				}
			}
		}
		for _, u := range p.Unreadable {
			if u.Reason == "" || !bytes.Contains(rows, u.Raw) {
				t.Fatalf("unreadable %+v", u)
			}
		}
		if len(p.Unreadable) > len(p.Problems) {
			t.Fatalf("%d unreadable, %d problems", len(p.Unreadable), len(p.Problems))
		}
	}
}

func FuzzParseCSV(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, rows []byte) {
		fuzzParse(t, []byte("STUDYID,AESPID,AETERM"), rows, CSV)
	})
}

func FuzzParseNDJSON(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, rows []byte) {
		fuzzParse(t, nil, rows, NDJSON)
	})
}

func FuzzColumns(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, header []byte) {
		for _, encoding := range []Encoding{UTF8, GB18030} {
			columns, _, err := Columns(header, Options{Format: CSV, Encoding: encoding})
			if (err == nil) != (len(columns) > 0) {
				t.Fatalf("%d columns and %v", len(columns), err)
			}
		}
	})
}

// flatObject accepts no line that encoding/json refuses, and reads the same out
// of one that both accept.
func FuzzFlatObjectAgreesWithEncodingJSON(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		pairs, reason := flatObject(line, nil)
		var want map[string]any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		err := d.Decode(&want)
		if !json.Valid(line) && reason == "" {
			t.Fatalf("%q is accepted, though it is no JSON", line)
		}
		if reason == ReasonJSON && err == nil && want != nil && json.Valid(line) {
			t.Fatalf("%q is refused, though it is a JSON object", line)
		}
		if reason != "" {
			return
		}
		for _, p := range pairs {
			if !p.valid {
				continue
			}
			for key, v := range want {
				if fold(strings.TrimFunc(key, invisible)) != p.folded {
					continue
				}
				var text string
				switch v := v.(type) {
				case string:
					text = v
				case json.Number:
					text = v.String()
				case bool:
					text = map[bool]string{true: "true", false: "false"}[v]
				}
				if text != string(p.value) {
					t.Fatalf("%q: %q is %q, encoding/json reads %q", line, key, p.value, text)
				}
			}
		}
	})
}

func FuzzSurvey(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := TakeSurvey(bytes.NewReader(file))
		if err != nil {
			return
		}
		if s.Size != int64(len(file)) || utf8.Valid(file) && s.Encoding != UTF8 && !bytes.HasPrefix(file, bomGB18030) {
			t.Fatalf("survey %+v", s)
		}
		sp := NewSplitter(bytes.NewReader(file), NDJSON, 0, 1<<10, 100)
		for {
			if _, err := sp.Next(); err != nil {
				break
			}
		}
		lines := sp.Line() - 1
		if s.Unterminated {
			lines++
		}
		// A file of only a byte order mark has a line without anything on it.
		if lines != s.Lines {
			t.Fatalf("the survey counted %d lines, the splitter %d", s.Lines, lines)
		}
	})
}
