package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

const benchRows = 50_000

func benchFile(format Format) (header, rows []byte) {
	var b bytes.Buffer
	for i := range benchRows {
		if format == NDJSON {
			fmt.Fprintf(&b, `{"STUDYID":"ST%02d","AESPID":"ST-%05d","AETERM":"pain in the left knee, 头痛","AESER":"N","LANG":"en","AESTDTC":"2026-05-11"}`+"\n", i%20, i)
			continue
		}
		fmt.Fprintf(&b, "ST%02d,ST-%05d,\"pain in the left knee, 头痛\",N,en,2026-05-11\n", i%20, i)
	}
	return []byte("STUDYID,AESPID,AETERM,AESER,LANG,AESTDTC\n"), b.Bytes()
}

func BenchmarkParse(b *testing.B) {
	for _, format := range []Format{CSV, NDJSON} {
		b.Run(string(format), func(b *testing.B) {
			header, rows := benchFile(format)
			if format == NDJSON {
				header = nil
			}
			b.SetBytes(int64(len(rows)))
			b.ReportAllocs()
			for b.Loop() {
				p, err := Parse(header, rows, 1, Options{Format: format})
				if err != nil || len(p.Rows) != benchRows {
					b.Fatal(len(p.Rows), err)
				}
			}
			b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func BenchmarkSplitter(b *testing.B) {
	_, rows := benchFile(CSV)
	b.SetBytes(int64(len(rows)))
	for b.Loop() {
		s := NewSplitter(bytes.NewReader(rows), CSV, 0, 1<<20, 1000)
		records := 0
		for {
			p, err := s.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			records += p.Records
		}
		if records != benchRows {
			b.Fatal(records)
		}
	}
}

func BenchmarkSurvey(b *testing.B) {
	_, rows := benchFile(CSV)
	b.SetBytes(int64(len(rows)))
	for b.Loop() {
		if _, err := TakeSurvey(bytes.NewReader(rows)); err != nil {
			b.Fatal(err)
		}
	}
}

// A stray quote on every line is the worst case for looking ahead.
func BenchmarkStrayQuotes(b *testing.B) {
	rows := bytes.Repeat([]byte("S,1,\"\"\"\"\"\"x\n"), 10_000)
	b.SetBytes(int64(len(rows)))
	for b.Loop() {
		p, err := Parse([]byte("STUDYID,AESPID,AETERM"), rows, 1, Options{Format: CSV})
		if err != nil || p.Records() != 10_000 {
			b.Fatal(p.Records(), err)
		}
	}
}
