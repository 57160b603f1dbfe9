package configfile

import (
	"errors"
	"strings"
	"testing"

	"aecode/common/configerr"
)

type checked struct {
	Nightly struct {
		Workers int `json:",default=8"`
		Chunk   int `json:",default=500"`
	}
	Redis section `json:",optional"`
}

type section struct {
	Addrs []string `json:",optional"`
}

func (s section) Validate() error {
	var errs configerr.Errors
	errs.Check(len(s.Addrs) > 0, "Addrs", "needs at least one address")
	return errs.Err()
}

var errPlain = errors.New("something general")

func (c checked) Validate() error {
	var errs configerr.Errors
	errs.Check(c.Nightly.Workers >= 1 && c.Nightly.Workers <= 256, "Nightly.Workers", "must be between 1 and 256, is %d", c.Nightly.Workers)
	if c.Nightly.Chunk > 500 {
		errs.Addf("Nightly.Chunk", "must be at most 500, is %d", c.Nightly.Chunk)
	}
	errs.Add("Redis", c.Redis.Validate())
	if c.Nightly.Chunk == 13 {
		errs.Add("", errPlain)
		errs.Add("Nightly", errPlain)
	}
	return errs.Err()
}

func TestValidateRunsAndItsErrorsGetFileAndLine(t *testing.T) {
	var c checked
	err := Parse("f.yaml", []byte("Redis:\n  Addrs: []\nNightly:\n  Workers: 300\n  Chunk: 501\n"), &c)
	want := "f.yaml:4: Nightly.Workers: must be between 1 and 256, is 300\n" +
		"f.yaml:5: Nightly.Chunk: must be at most 500, is 501\n" +
		"f.yaml:2: Redis.Addrs: needs at least one address"
	if errString(err) != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	err = Parse("f.yaml", []byte("Nightly:\n  Chunk: 13\n"), &c)
	want = "f.yaml: Redis.Addrs: needs at least one address\nf.yaml: something general\nf.yaml: Nightly: something general"
	if errString(err) != want || !errors.Is(err, errPlain) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := Parse("f.yaml", []byte("Redis: {Addrs: [a]}"), &c); err != nil {
		t.Error(err)
	}
}

type First struct {
	A int `json:",optional"`
}

func (First) Validate() error { return nil }

type Second struct {
	B int `json:",optional"`
}

func (*Second) Validate() error { return nil }

func TestEmbeddedValidatesThatHideEachOtherAreRefused(t *testing.T) {
	var both struct {
		First
		Second
	}
	if err := Parse("f", []byte("A: 1"), &both); err == nil || !strings.Contains(err.Error(), "Validate") {
		t.Errorf("got %v", err)
	}
	var one struct {
		First
		Rest section `json:",optional"`
	}
	if err := Parse("f", []byte("A: 1"), &one); err != nil {
		t.Error(err)
	}
}
