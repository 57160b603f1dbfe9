package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// The size of the plot in pixels, and the maximum number of points of a line. More would
// not be visible.
const (
	plotWidth, plotHeight = 1100, 700
	maxPlotted            = 400
)

// leastDrawn is the coverage from which on the precision is drawn. For fewer lines the
// precision jumps by whole percents and means nothing.
const leastDrawn = 0.01

// The colours of the two ways to count. The colour-blind can distinguish them too.
var (
	distinctColor = drawing.ColorFromHex("0072b2")
	rowsColor     = drawing.ColorFromHex("d55e00")
	gridColor     = drawing.ColorFromHex("dddddd")
)

// writePlot plots precision against coverage in a PNG file.
func writePlot(path string, r report) error {
	var b bytes.Buffer
	if err := draw(&b, r); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644) //nolint:gosec // shares only, no verbatim
}

// draw draws the curve of each way to count, and marks the greatest coverage at each
// precision.
func draw(b *bytes.Buffer, r report) error {
	if len(r.curves[0]) == 0 {
		return errors.New("there is nothing to draw: the confidence of every line is 0")
	}
	floor := lowest(r.curves)
	ways := []way{
		{"distinct verbatims", distinctColor, 4, r.curves[0], r.Coverage.Distinct},
		{"rows", rowsColor, 2, r.curves[1], r.Coverage.Rows},
	}
	c := chart.Chart{
		Title:      fmt.Sprintf("What could be coded at which precision: release %s, %.0f gold lines", r.Release, r.Distinct.N),
		TitleStyle: chart.Style{FontSize: 14},
		Width:      plotWidth, Height: plotHeight,
		Background: chart.Style{Padding: chart.Box{Top: 60, Left: 30, Right: 40, Bottom: 20}},
		XAxis: chart.XAxis{
			Name: "coverage: share coded, the surest first", Range: &chart.ContinuousRange{Min: 0, Max: 1},
			Ticks: percents(0), GridMajorStyle: grid(), GridLines: gridLines(percents(0)),
		},
		YAxis: chart.YAxis{
			Name: "precision: share of those coded that is right", AxisType: chart.YAxisSecondary, // to the left
			Range: &chart.ContinuousRange{Min: floor, Max: 1},
			Ticks: percents(floor), GridMajorStyle: grid(), GridLines: gridLines(percents(floor)),
		},
		Elements: []chart.Renderable{legend(ways)},
	}
	for _, w := range ways {
		c.Series = append(c.Series, w.line())
		c.Series = append(c.Series, w.dots()...)
	}
	if err := c.Render(chart.PNG, b); err != nil {
		return fmt.Errorf("draw: %w", err)
	}
	return nil
}

// way is the curve of one way to count.
type way struct {
	name      string
	color     drawing.Color
	width     float64 // of the line; the first is wider, to be visible under the second
	points    []point
	coverages []coverage
}

// line is the curve without the points that would not be visible.
func (w way) line() chart.ContinuousSeries {
	s := chart.ContinuousSeries{Name: w.name, Style: chart.Style{StrokeColor: w.color, StrokeWidth: w.width}}
	last := math.Inf(-1)
	for i, p := range w.points {
		end := i == len(w.points)-1
		if !end && (p.Coverage < leastDrawn || p.Coverage-last < 1.0/maxPlotted) {
			continue
		}
		last = p.Coverage
		s.XValues, s.YValues = append(s.XValues, p.Coverage), append(s.YValues, p.Precision)
	}
	if len(s.XValues) == 1 { // a line takes two
		s.XValues, s.YValues = append(s.XValues, s.XValues[0]), append(s.YValues, s.YValues[0])
	}
	return s
}

// dots mark the points with the greatest coverage at each precision.
func (w way) dots() []chart.Series {
	var dots []chart.Series
	for _, c := range w.coverages {
		if c.Oracle.Coverage > 0 {
			x, y := c.Oracle.Coverage, c.Oracle.Precision
			dots = append(dots, chart.ContinuousSeries{
				Style:   chart.Style{StrokeWidth: chart.Disabled, DotWidth: w.width/2 + 4, DotColor: w.color},
				XValues: []float64{x, x}, YValues: []float64{y, y},
			})
		}
	}
	return dots
}

// lowest is the beginning of the axis of precision: below all that is drawn, and at most
// 0.85, so that a flat curve does not look steep.
func lowest(curves [2][]point) float64 {
	low := precisions[len(precisions)-1]
	for _, points := range curves {
		for i, p := range points {
			if p.Coverage >= leastDrawn || i == len(points)-1 {
				low = min(low, p.Precision)
			}
		}
	}
	return max(0, min(0.85, math.Floor(low*20)/20))
}

// percents are the ticks of an axis of shares, from a share up to 1.
func percents(from float64) []chart.Tick {
	step := 0.1
	if from >= 0.5 {
		step = 0.05
	}
	if from >= 0.8 {
		step = 0.01
	}
	var ticks []chart.Tick
	for i := 0; ; i++ {
		v := from + float64(i)*step
		if v > 1+step/2 {
			return ticks
		}
		ticks = append(ticks, chart.Tick{Value: v, Label: fmt.Sprintf("%.0f %%", 100*v)})
	}
}

func grid() chart.Style { return chart.Style{StrokeColor: gridColor, StrokeWidth: 1} }

func gridLines(ticks []chart.Tick) []chart.GridLine {
	lines := make([]chart.GridLine, len(ticks))
	for i, t := range ticks {
		lines[i] = chart.GridLine{Value: t.Value}
	}
	return lines
}
