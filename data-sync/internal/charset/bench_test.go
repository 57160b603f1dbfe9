package charset

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// benchFiles are about 4 MB each.
func benchFiles(b *testing.B) map[string]struct {
	charset Charset
	file    []byte
} {
	files := map[string]struct {
		charset Charset
		file    []byte
	}{
		"ASCII":        {UTF8, []byte(strings.Repeat("Q2,Q2-017,3,pain in the left knee,2026-05-11\n", 90_000))},
		"UTF-16LE":     {UTF16LE, []byte(encode(b, UTF16LE, strings.Repeat(reports("simplified", 1000, 1), 60)))},
		"windows-1252": {Windows1252, []byte(encode(b, Windows1252, strings.Repeat(reports("western", 1000, 1), 80)))},
	}
	for c, language := range languageOf {
		text := strings.Repeat(reports(language, 1000, 1), 100)
		files[c.Name()] = struct {
			charset Charset
			file    []byte
		}{c, []byte(encode(b, c, text))}
	}
	return files
}

func BenchmarkDetector(b *testing.B) {
	for name, f := range benchFiles(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(f.file)))
			b.ReportAllocs()
			for b.Loop() {
				var d Detector
				if _, err := d.Write(f.file); err != nil {
					b.Fatal(err)
				}
				if r := d.Result(); r.Ambiguous() {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}

func BenchmarkReader(b *testing.B) {
	for name, f := range benchFiles(b) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(f.file)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.Copy(struct{ io.Writer }{io.Discard}, f.charset.NewReader(bytes.NewReader(f.file))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Invalid bytes everywhere are the worst case.
func BenchmarkReaderOfInvalidBytes(b *testing.B) {
	file := bytes.Repeat([]byte("\x84\x31\xa4\xff,\xcd\n"), 500_000)
	for _, c := range []Charset{UTF8, GB18030, EUCJP} {
		b.Run(c.Name(), func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				if _, err := io.Copy(struct{ io.Writer }{io.Discard}, c.NewReader(bytes.NewReader(file))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
