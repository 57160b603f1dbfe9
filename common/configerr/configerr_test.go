package configerr

import (
	"errors"
	"testing"
	"time"
)

func TestFieldErrorText(t *testing.T) {
	for want, e := range map[string]*FieldError{
		"f:3: A.B: p": {File: "f", Line: 3, Path: "A.B", Problem: "p"},
		"f: A: p":     {File: "f", Path: "A", Problem: "p"},
		"line 3: p":   {Line: 3, Problem: "p"},
		"p":           {Problem: "p"},
	} {
		if e.Error() != want {
			t.Errorf("%+v prints %q, want %q", *e, e, want)
		}
	}
	var none Errors
	none.Add("X", nil)
	if none.Err() != nil {
		t.Error("no problem is an error")
	}
}

func TestARangeHoldsItsBoundsAndNamesThemWhenAValueIsOutside(t *testing.T) {
	var errs Errors
	for _, in := range []int{2, 5} {
		errs.Count("N", in, 2, 5)
		errs.Span("D", time.Duration(in), 2, 5)
	}
	if err := errs.Err(); err != nil {
		t.Errorf("the bounds are refused: %v", err)
	}
	errs.Count("N", 1, 2, 5)
	errs.Count("N", 6, 2, 5)
	errs.Span("D", time.Second-1, time.Second, time.Minute)
	errs.Span("D", time.Minute+1, time.Second, time.Minute)
	want := "N: must be 2 to 5, is 1\nN: must be 2 to 5, is 6\n" +
		"D: must be 1s to 1m0s, is 999.999999ms\nD: must be 1s to 1m0s, is 1m0.000000001s"
	if err := errs.Err(); err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestTheFieldsOfASectionGetItsPath(t *testing.T) {
	plain := errors.New("plain")
	var section, whole Errors
	section.Addf("Size", "is odd")
	section.Add("", plain)
	whole.Add("Store", section.Err())
	whole.Addf("Name", "is missing")
	if err := whole.Err(); err == nil || err.Error() != "Store.Size: is odd\nStore: plain\nName: is missing" || !errors.Is(err, plain) {
		t.Errorf("got %v", err)
	}
}
