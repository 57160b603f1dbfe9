package xport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
)

const benchRows = 200_000

// benchFile is an AE table of 15 columns: 201 bytes a row.
func benchFile(version, rows int) []byte {
	d := testDataset{name: "AE", columns: []testColumn{
		text("STUDYID", 8), text("USUBJID", 16), number("AESEQ", 8), text("AETERM", 60), text("AESEV", 8), text("AESER", 1),
		text("AEREL", 12), text("AEOUT", 24), text("AESTDTC", 10), text("AEENDTC", 10), number("AESTDY", 8), number("AEENDY", 8),
		{name: "AESTDT", format: "DATE9.", numeric: true, bytes: 8}, number("AGE", 8), text("COUNTRY", 12),
	}}
	if version == 8 {
		d.declared = rightAligned(rows)
	}
	for i := range rows {
		row := fmt.Appendf(nil, "%-8s%-16s%s%-60s%-8s%s%-12s%-24s%-10s%-10s", fmt.Sprintf("ST%02d", i%20), fmt.Sprintf("ST-%08d", i),
			ibmOf(float64(i%7), 8), "pain in the left knee, after climbing", "MILD", "N", "RELATED", "RECOVERED/RESOLVED", "2026-05-11", "2026-05-14")
		row = append(row, ibmOf(float64(i%300), 8)...)
		row = append(row, ".\x00\x00\x00\x00\x00\x00\x00"...)
		row = append(row, ibmOf(float64(24237+i%300), 8)...)
		row = append(row, ibmOf(40+float64(i%300)/10, 8)...)
		d.rows = append(d.rows, fmt.Appendf(row, "%-12s", "CHN"))
	}
	return write(version, d)
}

func BenchmarkReader(b *testing.B) {
	for _, version := range []int{5, 8} {
		b.Run(fmt.Sprintf("v%d", version), func(b *testing.B) {
			file := benchFile(version, benchRows)
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				x, err := Open(bytes.NewReader(file), int64(len(file)), "")
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = x.Next()
				}
				if !errors.Is(err, io.EOF) || x.Number() != benchRows {
					b.Fatal(x.Number(), err)
				}
			}
			b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func TestNextAllocatesNothingOnceItsBuffersHaveTheirSize(t *testing.T) {
	file := benchFile(5, 5000)
	x, err := open(file, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Next(); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(4000, func() { _, err = x.Next() }); n != 0 || err != nil {
		t.Error(n, err)
	}
}
