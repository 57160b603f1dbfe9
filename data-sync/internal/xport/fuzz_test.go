package xport

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"
)

// allocated gives the bytes that the process has allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

func FuzzReader(f *testing.F) {
	files, err := filepath.Glob("testdata/*.xpt")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, "")
	}
	f.Add(write(5, cutTable("DM", 1, ""), cutTable("AE", 3, "")), "AE")
	f.Add(write(8, cutTable("DM", 1, rightAligned(1)), cutTable("AE", 3, rightAligned(3))), "dm")
	labels := labelSection(true, "1", labelEntry(1, "A", "label", "DATE9.", ""))
	f.Add(write(8, testDataset{name: "AE", columns: []testColumn{number("A", 8)}, rows: [][]byte{ibmOf(24237, 8)}, labels: labels}), "")
	f.Fuzz(func(t *testing.T, file []byte, dataset string) {
		before := allocated()
		x, err := Open(bytes.NewReader(file), int64(len(file)), dataset)
		if err == nil {
			readAll(t, x, len(file))
		}
		// A column takes up to 300 bytes beside its description of 140, a dataset 200
		// beside its headers of 560. Other goroutines allocate a little too.
		if spent, most := allocated()-before, uint64(8*len(file)+1<<20); spent > most {
			t.Fatalf("%d bytes allocated for a file of %d", spent, len(file))
		}
	})
}

// readAll reads every row and checks what Reader promises of each.
func readAll(t *testing.T, x *Reader, size int) {
	columns := x.Columns()
	if len(columns) == 0 || len(columns) > MaxColumns || x.Rows() < 0 || x.Rows() > int64(size) {
		t.Fatalf("%d columns, %d rows of %d bytes", len(columns), x.Rows(), size)
	}
	bytes := int64(0)
	for n := int64(1); ; n++ {
		cells, err := x.Next()
		if errors.Is(err, io.EOF) {
			if n != x.Rows()+1 || x.Number() != x.Rows() {
				t.Fatalf("%d rows, %d promised", n-1, x.Rows())
			}
			return
		}
		if err != nil || len(cells) != len(columns) || x.Number() != n {
			t.Fatalf("row %d: %d cells, %v", x.Number(), len(cells), err)
		}
		for i, c := range cells {
			if !columns[i].Numeric {
				bytes += int64(len(c))
			} else if len(c) > 40 {
				t.Fatalf("number %q", c)
			}
		}
		if bytes > int64(size) {
			t.Fatalf("%d bytes of characters from a file of %d", bytes, size)
		}
	}
}
