package samplefile

import (
	"strings"
	"testing"
	"time"
)

type sample struct {
	Name  string
	Wait  time.Duration `json:",default=5s"`
	Store struct {
		Size  int      `json:",default=3"`
		Addrs []string `json:",optional"`
	}
}

func TestASampleThatSaysWhatTheCodeDoesHasNoDifference(t *testing.T) {
	text := "Name: a # required\nWait: 7s # left out: 5s\nStore:\n  # How many.\n  Size: 3\n  Addrs: ${NOT_SET:-}\n"
	if wrong, keys, err := Differences[sample]([]byte(text)); len(wrong) > 0 || keys != 4 || err != nil {
		t.Errorf("%q of %d keys, %v", wrong, keys, err)
	}
}

func TestEachDifferenceIsFound(t *testing.T) {
	good := map[string]string{"Name": "a # required", "Wait": "5s", "Size": "3"}
	for value, want := range map[string]string{
		"Name: a":                  "Name: cannot be left out",
		"Wait: 7s":                 "Wait: is not the default",
		"Wait: 5s # required":      "Wait: can be left out",
		"Wait: 5s # left out: 5s":  "Wait: is the default",
		"Wait: 7s # left out: 6s":  `Wait: "# left out: 6s" is not the default`,
		"Wait: 7s # left out: [":   `Wait: "[" is not a value`,
		"Size: 4":                  "Store.Size: is not the default",
		"Size: 4 # left out: many": `Store.Size: "# left out: many" is not the default`,
	} {
		of := func(key string) string {
			if strings.HasPrefix(value, key+": ") {
				return value
			}
			return key + ": " + good[key]
		}
		text := of("Name") + "\n" + of("Wait") + "\nStore:\n  " + of("Size") + "\n"
		wrong, _, err := Differences[sample]([]byte(text))
		if err != nil || len(wrong) != 1 || !strings.HasPrefix(wrong[0], want) {
			t.Errorf("%s: %q, %v; want %q", value, wrong, err, want)
		}
	}
	if _, _, err := Differences[sample]([]byte("Nmae: a")); err == nil {
		t.Error("a sample that cannot be loaded has no error")
	}
}
