package training

import (
	"math"

	"aecode/terminology/internal/ranking"
)

// Case is the shape of one ranking, and whether its first group was right. The
// ranking must come from a model that has not seen the wording.
type Case struct {
	Shape []float64
	Right bool
}

// Calibrate fits a logistic regression by gradient descent on standardised values, with
// a ridge penalty on all weights except the bias.
func Calibrate(cases []Case) ranking.Calibration {
	if len(cases) == 0 {
		return ranking.Calibration{}
	}
	n := len(cases[0].Shape)
	mean, deviation := make([]float64, n), make([]float64, n)
	for _, c := range cases {
		for i, v := range c.Shape {
			mean[i] += v / float64(len(cases))
		}
	}
	for _, c := range cases {
		for i, v := range c.Shape {
			deviation[i] += (v - mean[i]) * (v - mean[i]) / float64(len(cases))
		}
	}
	for i := range deviation {
		deviation[i] = max(math.Sqrt(deviation[i]), 1e-6)
	}
	const (
		rounds = 4000
		rate   = 0.5
		ridge  = 0.002
	)
	weights, bias := make([]float64, n), 0.0
	for range rounds {
		slope, slopeBias := make([]float64, n), 0.0
		for _, c := range cases {
			value := bias
			for i, v := range c.Shape {
				value += weights[i] * (v - mean[i]) / deviation[i]
			}
			miss := 1 / (1 + math.Exp(-value))
			if c.Right {
				miss--
			}
			for i, v := range c.Shape {
				slope[i] += miss * (v - mean[i]) / deviation[i]
			}
			slopeBias += miss
		}
		for i := range weights {
			weights[i] -= rate * (slope[i]/float64(len(cases)) + ridge*weights[i])
		}
		bias -= rate * slopeBias / float64(len(cases))
	}
	out := ranking.Calibration{Bias: bias, Weights: make([]float64, n)}
	for i := range weights {
		out.Weights[i] = weights[i] / deviation[i]
		out.Bias -= weights[i] * mean[i] / deviation[i]
	}
	return out
}
