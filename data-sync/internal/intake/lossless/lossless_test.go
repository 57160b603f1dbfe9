package lossless

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTextStandsForItselfAndBytesArePrinted(t *testing.T) {
	for in, want := range map[string]string{
		"":            "",
		"headache":    "headache",
		"头痛 😀\n":      "头痛 😀\n",
		"a\ufffdb":    "a\ufffdb",
		"caf\xe9":     `bytes:"caf\xe9"`,
		"a\x00b":      `bytes:"a\x00b"`,
		"bytes:x":     `bytes:"bytes:x"`,
		"bytes:\"a\"": `bytes:"bytes:\"a\""`,
	} {
		if got := Encode([]byte(in)); got != want {
			t.Errorf("Encode(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestDecodeTakesWhatEncodeCannotHaveMadeAsText(t *testing.T) {
	for _, in := range []string{"bytes:", "bytes:x", "bytes:'a'", "bytes:`a`", `bytes:"a`} {
		if got := string(Decode(in)); got != in {
			t.Errorf("Decode(%q) = %q", in, got)
		}
	}
}

func FuzzDecodeUndoesEncode(f *testing.F) {
	for _, seed := range []string{"", "a", "caf\xe9", "\x00", "bytes:\"a\"", "\xed\xa0\x80", "\ufffd"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Encode(b)
		if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 || !bytes.Equal(Decode(s), b) {
			t.Fatalf("%q became %q", b, s)
		}
	})
}

func ExampleEncode() {
	fmt.Println(Encode([]byte("headache")))
	fmt.Println(Encode([]byte("caf\xe9")))
	// Output:
	// headache
	// bytes:"caf\xe9"
}
