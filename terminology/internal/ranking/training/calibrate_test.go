package training

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCalibrateRecoversKnownProbabilities(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	known := func(x, y float64) float64 { return 1 / (1 + math.Exp(-(0.5 + 2*x - y))) }
	var cases []Case
	for range 20_000 {
		x, y := random.NormFloat64(), 3+2*random.NormFloat64() // one not standardised
		cases = append(cases, Case{[]float64{x, y}, random.Float64() < known(x, y)})
	}
	c := Calibrate(cases)
	for _, shape := range [][2]float64{{0, 0}, {1, 1}, {-1, 2}, {2, 4}, {0.5, 6}} {
		value := c.Bias + c.Weights[0]*shape[0] + c.Weights[1]*shape[1]
		got, want := 1/(1+math.Exp(-value)), known(shape[0], shape[1])
		if math.Abs(got-want) > 0.05 { // the ridge pulls a little
			t.Errorf("%v: probability %.3f, want %.3f", shape, got, want)
		}
	}
}

func TestCalibrateBearsWhatTellsNothing(t *testing.T) {
	if c := Calibrate(nil); c.Weights != nil || c.Bias != 0 {
		t.Errorf("%+v from no case", c)
	}
	c := Calibrate([]Case{{[]float64{1, 2}, true}, {[]float64{1, 2}, true}, {[]float64{1, 2}, false}})
	for _, v := range append(c.Weights, c.Bias) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("%+v where all shapes are the same", c)
		}
	}
	value := c.Bias + c.Weights[0] + 2*c.Weights[1]
	if p := 1 / (1 + math.Exp(-value)); math.Abs(p-2.0/3) > 0.01 {
		t.Errorf("probability %.3f where two of three are right", p)
	}
}
