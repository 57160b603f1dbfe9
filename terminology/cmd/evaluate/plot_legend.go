package main

import (
	"fmt"
	"strings"

	"github.com/wcharczuk/go-chart/v2"
)

// legend names the curves and the marks on them. It is in the lower left, since curves
// fall to the right. Notes beside the marks would overlap where curves are close.
func legend(ways []way) chart.Renderable {
	const left, bottom, sample, height = 24, 30, 36, 26
	return func(r chart.Renderer, canvas chart.Box, defaults chart.Style) {
		for i, w := range ways {
			style := chart.Style{FontSize: 11, FontColor: w.color}.InheritFrom(defaults)
			style.GetTextOptions().WriteToRenderer(r)
			x, y := canvas.Left+left, canvas.Bottom-bottom-height*(len(ways)-1-i)
			size := r.MeasureText(w.label())
			chart.Draw.Box(r, chart.Box{Left: x - 8, Right: x + sample + size.Width() + 18, Top: y - height + 8, Bottom: y + 8},
				chart.Style{FillColor: chart.ColorWhite, StrokeColor: chart.ColorWhite})
			r.SetStrokeColor(w.color)
			r.SetStrokeWidth(w.width)
			r.MoveTo(x, y-5)
			r.LineTo(x+sample, y-5)
			r.Stroke()
			style.GetTextOptions().WriteToRenderer(r)
			r.Text(w.label(), x+sample+10, y)
		}
	}
}

// label is the name of a way to count, with the greatest coverage at each precision.
func (w way) label() string {
	var marks []string
	for _, c := range w.coverages {
		if c.Oracle.Coverage > 0 {
			marks = append(marks, fmt.Sprintf("%.1f %% coded at %.0f %%", 100*c.Oracle.Coverage, 100*c.Wanted))
		}
	}
	if marks == nil {
		return w.name
	}
	return w.name + ": " + strings.Join(marks, ", ")
}
