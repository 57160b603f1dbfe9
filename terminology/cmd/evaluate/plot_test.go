package main

import (
	"bytes"
	"image/png"
	"testing"

	"aecode/terminology/internal/coder"

	"github.com/wcharczuk/go-chart/v2/drawing"
)

func TestThePlotShowsBothWaysToCount(t *testing.T) {
	v := fixtureVersion(t)
	var b bytes.Buffer
	if err := draw(&b, newReport(v, 0, judgements(v))); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[drawing.Color]int{}
	for x := range plotWidth {
		for y := range plotHeight {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[drawing.Color{R: uint8(r >> 8), G: uint8(g >> 8), B: uint8(b >> 8), A: 255}]++
		}
	}
	if seen[distinctColor] < 200 || seen[rowsColor] < 200 {
		t.Errorf("%d points of distinct, %d of rows", seen[distinctColor], seen[rowsColor])
	}
}

func TestACurveOfOnePointIsDrawn(t *testing.T) {
	v := fixtureVersion(t)
	all := judgements(v)[:1]
	var b bytes.Buffer
	if err := draw(&b, newReport(v, 0, all)); err != nil {
		t.Error(err)
	}
	all[0].result = coder.Result{Status: coder.NoMatch}
	if err := draw(&b, newReport(v, 0, all)); err == nil {
		t.Error("a plot of nothing")
	}
}
