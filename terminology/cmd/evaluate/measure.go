package main

// measures are the results of one way to count. Programs read the first three keys, in
// this order.
type measures struct {
	Accuracy1     float64 `json:"accuracy@1"`
	Recall5       float64 `json:"recall@5"`
	Recall20      float64 `json:"recall@20"`
	N             float64 `json:"n"` // lines, or rows
	Answerable    float64 `json:"answerable"`
	AutoCoded     float64 `json:"auto_coded"`
	AutoPrecision float64 `json:"auto_precision"` // 0 if nothing is coded
}

// measure counts the lines that keep reports.
func measure(all []judged, weight weighing, keep func(judged) bool) measures {
	var m measures
	var right float64
	for _, j := range all {
		if !keep(j) {
			continue
		}
		w := weight(j)
		m.N += w
		for _, count := range []struct {
			sum *float64
			hit bool
		}{
			{&m.Accuracy1, j.within(1)},
			{&m.Recall5, j.within(5)},
			{&m.Recall20, j.within(20)},
			{&m.Answerable, j.answerable},
			{&m.AutoCoded, j.coded()},
			{&right, j.coded() && j.within(1)},
		} {
			if count.hit {
				*count.sum += w
			}
		}
	}
	m.AutoPrecision = ratio(right, m.AutoCoded)
	for _, share := range []*float64{&m.Accuracy1, &m.Recall5, &m.Recall20, &m.Answerable, &m.AutoCoded} {
		*share = ratio(*share, m.N)
	}
	return m
}

// ratio is part/whole; 0 if whole is 0.
func ratio(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

func every(judged) bool { return true }

func answerable(j judged) bool { return j.answerable }

func unanswerable(j judged) bool { return !j.answerable }
