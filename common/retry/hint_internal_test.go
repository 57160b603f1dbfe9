package retry

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
)

// Whatever a server writes into the trailer is either a delay of that many
// milliseconds or a wish to stop, never a negative or wrapped-around delay.
func FuzzWithTrailer(f *testing.F) {
	for _, v := range []string{"0", "1", "-1", "-0", "", "x", "9223372036854775807", "9223372036855", " 5", "+5", "1e3", "0x10", "1_000"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		h := hintOf(WithTrailer(errors.New("away"), metadata.MD{PushbackKey: {value}}))
		if !h.given || !h.timed {
			t.Fatalf("%q is no hint", value)
		}
		if h.stop != (h.after < 0) {
			t.Fatalf("%q: stop %v with delay %v", value, h.stop, h.after)
		}
		if h.stop && strings.HasPrefix(value, "-") {
			return
		}
		digits := strings.TrimPrefix(strings.TrimPrefix(value, "-"), "+")
		if plain := digits != "" && len(digits) <= 12 && strings.Trim(digits, "0123456789") == ""; plain {
			var ms int64
			for _, c := range digits {
				ms = ms*10 + int64(c-'0')
			}
			if want := time.Duration(ms) * time.Millisecond; h.after != want {
				t.Fatalf("%q: delay %v, want %v", value, h.after, want)
			}
		} else if !h.stop && strings.Trim(digits, "0123456789") != "" {
			t.Fatalf("%q is taken for %v", value, h.after)
		}
	})
}
