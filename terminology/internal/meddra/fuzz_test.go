package meddra

import (
	"bytes"
	"errors"
	"testing"
	"unicode"
	"unicode/utf8"
)

// FuzzLineReader: whatever the bytes, each line is a row or a problem, and a row
// holds text only.
func FuzzLineReader(f *testing.F) {
	for _, seed := range []string{"", "$$", "90000001$name$\r\n90000002$\"name\"$", "a$b\n\n\n", "\xef\xbb\xbfa$b$", "\xff\xfea$b$", "a\x00$b$", "\xb1\xb1\xbe\xa9$\xff$\n", "绒咳$咳$\n"} {
		f.Add([]byte(seed), uint8(2), true)
		f.Add([]byte(seed), uint8(3), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, columns uint8, mayBeGB18030 bool) {
		columns = columns%16 + 1
		problems := problemList{bounds: listed}
		rows, last := 0, 0
		lineReader{file: "f", columns: int(columns), gb18030: mayBeGB18030, sink: &problems}.read(data, func(line int, fields [][]byte) {
			rows++
			if line <= last {
				t.Errorf("line %d after %d", line, last)
			}
			last = line
			if len(fields) != int(columns) {
				t.Errorf("%d fields, want %d", len(fields), columns)
			}
			for _, field := range fields {
				if !utf8.Valid(field) || bytes.ContainsFunc(field, func(c rune) bool { return unicode.IsControl(c) || c == '$' || c == utf8.RuneError }) {
					t.Errorf("field %q", field)
				}
			}
		})
		if rows+problems.total == 0 {
			t.Error("neither a row nor a problem")
		}
		if most := bytes.Count(data, []byte("\n")) + 1; rows+problems.total > most {
			t.Errorf("%d rows and %d problems of %d lines", rows, problems.total, most)
		}
	})
}

// FuzzLoadLanguage replaces one file by whatever bytes. A release either is
// refused or keeps every promise of the model.
func FuzzLoadLanguage(f *testing.F) {
	all := append(append([]string{}, requiredFiles...), optionalFiles...)
	for _, language := range Languages() {
		for name, data := range newSynthetic(language).render("\n") {
			for i, file := range all {
				if file == name {
					f.Add(uint8(i), language == Chinese, data)
					f.Add(uint8(i), language == Chinese, data[:len(data)/2])
				}
			}
		}
	}
	f.Fuzz(func(t *testing.T, file uint8, chinese bool, data []byte) {
		language := English
		if chinese {
			language = Chinese
		}
		files := newSynthetic(language).render("\n")
		files[all[int(file)%len(all)]] = data
		r, err := loadLanguage(mapFS(files), "")
		if err != nil {
			var v *ValidationError
			if !errors.As(err, &v) || v.Total < len(v.Problems) || len(v.Problems) == 0 || len(v.Problems) > listed.all {
				t.Fatalf("error is %v", err)
			}
			return
		}
		checkPromises(t, r)
	})
}

// checkPromises checks what the documentation of Release promises.
func checkPromises(t *testing.T, r *Release) {
	t.Helper()
	llts, paths := 0, 0
	for _, pt := range r.PTs() {
		of := r.LLTsOf(pt.Code)
		if len(of) == 0 {
			t.Errorf("PT %s has no LLT", pt.Code)
		}
		llts += len(of)
		for _, llt := range of {
			if got, ok := r.LLT(llt.Code); !ok || got != llt || llt.PT != pt.Code || llt.Name == "" {
				t.Errorf("LLT %+v of PT %s answers %+v", llt, pt.Code, got)
			}
		}
		all := r.Paths(pt.Code)
		paths += len(all)
		primary, ok := r.PrimaryPath(pt.Code)
		if !ok || len(all) == 0 || all[0] != primary {
			t.Errorf("PT %s has no primary path first", pt.Code)
		}
		for i, p := range all {
			if p.Primary != (i == 0) || p.PT != pt || p.SOC.Name == "" || p.HLT.Name == "" || p.HLGT.Name == "" {
				t.Errorf("path %d of PT %s is %+v", i, pt.Code, p)
			}
		}
	}
	if c := r.Counts(); llts != c.LLT || paths != c.Hierarchy || c.PT != len(r.PTs()) || len(r.LLTs()) != c.LLT {
		t.Errorf("%d LLTs and %d paths by PT, counts %+v", llts, paths, c)
	}
}

func FuzzCompareLabels(f *testing.F) {
	f.Add("29.0", "29.00", "9.1")
	f.Add("ctcae-5.0", "", "28.1")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if CompareLabels(a, b) != -CompareLabels(b, a) || (CompareLabels(a, b) == 0) != (a == b) {
			t.Errorf("%q and %q have no clear order", a, b)
		}
		if CompareLabels(a, b) <= 0 && CompareLabels(b, c) <= 0 && CompareLabels(a, c) > 0 {
			t.Errorf("%q, %q, %q go in a circle", a, b, c)
		}
	})
}
