package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"

	"aecode/terminology/internal/coder/lexicon"
	"aecode/terminology/internal/coder/ranking"
	"aecode/terminology/internal/coder/ranking/training"
	"aecode/terminology/internal/coder/verbatim"
	"aecode/terminology/internal/meddra"
)

type gold struct {
	verbatim string
	codes    []string
	rows     float64
}

var lang meddra.Language

func main() {
	flag.StringVar((*string)(&lang), "lang", "en", "")
	release := flag.String("release", "", "")
	goldPath := flag.String("gold", "", "")
	out := flag.String("out", "", "")
	folds := flag.Int("folds", 5, "")
	trees := flag.Int("trees", 80, "")
	depth := flag.Int("depth", 4, "")
	rate := flag.Float64("rate", 0.15, "")
	ridge := flag.Float64("ridge", 3, "")
	self := flag.Float64("self", 0.3, "")
	errs := flag.String("errors", "", "")
	flag.Parse()
	v, err := meddra.LoadVersion(*release)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r := v.Releases[lang]
	names, groupOf := names(r)
	x := ranking.New(lang, names)
	text, _ := os.ReadFile(*goldPath)
	var all []training.Wording
	var golds []gold
	inGather, answerable := 0, 0
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		w := training.Wording{Right: map[int32]bool{}, Weight: 1}
		for c := range strings.SplitSeq(f[1], "|") {
			if code, err := meddra.ParseCode(c); err == nil {
				if g, ok := groupOf[code]; ok {
					w.Right[g] = true
				}
			}
		}
		w.Samples = x.Samples(verbatim.Fold(lang, f[0]), "")
		if len(w.Right) > 0 {
			answerable++
			for _, s := range w.Samples {
				if w.Right[s.Group] {
					inGather++
					break
				}
			}
		}
		all = append(all, w)
		golds = append(golds, gold{verbatim: f[0], codes: strings.Split(f[1], "|")})
	}
	fmt.Printf("%d wordings, %d answerable, %d gathered\n", len(all), answerable, inGather)
	o := training.Options{Trees: *trees, Depth: *depth, Rate: *rate, Ridge: *ridge, Share: 0.8, Seed: 1}
	exact := make([]bool, len(all))
	for i, w := range all {
		for _, s := range w.Samples {
			if s.Features[15] > .999 && s.Features[3] > .999 {
				exact[i] = true
			}
		}
	}
	order := rand.New(rand.NewPCG(7, 7)).Perm(len(all))
	var hit1, hit5, hit20, n, hit1x, hit5x, hit20x, nx float64
	var report strings.Builder
	var cases []training.Case
	var own []training.Wording
	if *self > 0 {
		size := map[int32]int{}
		for _, n := range names {
			size[n.Group]++
		}
		for _, n := range names {
			if n.Main || size[n.Group] < 2 {
				continue
			}
			own = append(own, training.Wording{Samples: x.Samples(n.Form, n.Form), Right: map[int32]bool{n.Group: true}, Weight: *self})
		}
		fmt.Println(len(own), "of its own")
		own = append(own, made(x, names, *self)...)
		fmt.Println(len(own), "with made ones")
	}
	for fold := range *folds {
		var train []training.Wording
		var test []int
		for k, i := range order {
			if k%*folds == fold {
				test = append(test, i)
			} else {
				train = append(train, all[i])
			}
		}
		t, loss := training.Fit(append(train, own...), o)
		m := &ranking.Model{Trees: t}
		_ = loss
		for _, i := range test {
			if shape, first := m.Shape(all[i].Samples); shape != nil {
				cases = append(cases, training.Case{Shape: shape, Right: all[i].Right[first]})
			}
			rank := m.RankOf(all[i].Samples, all[i].Right)
			c := func(k int) float64 {
				if rank > 0 && rank <= k {
					return 1
				}
				return 0
			}
			n++
			hit1 += c(1)
			hit5 += c(5)
			hit20 += c(20)
			if !exact[i] {
				nx++
				hit1x += c(1)
				hit5x += c(5)
				hit20x += c(20)
			}
			if rank != 1 {
				best := m.Best(all[i].Samples, 3)
				var said []string
				for _, g := range best {
					said = append(said, firstName(names, g))
				}
				fmt.Fprintf(&report, "%d\t%s\t%v\t%s\n", rank, golds[i].verbatim, rightNames(names, all[i].Right), strings.Join(said, " ; "))
			}
		}
	}
	fmt.Printf("all      n=%.0f acc@1 %.4f recall@5 %.4f recall@20 %.4f\n", n, hit1/n, hit5/n, hit20/n)
	fmt.Printf("not same n=%.0f acc@1 %.4f recall@5 %.4f recall@20 %.4f\n", nx, hit1x/nx, hit5x/nx, hit20x/nx)
	if *errs != "" {
		os.WriteFile(*errs, []byte(report.String()), 0o600)
	}
	if *out != "" {
		t, _ := training.Fit(append(all, own...), o)
		var use [ranking.Features]float64
		for _, tr := range t {
			for i, k := range tr.Features {
				if k >= 0 {
					use[k] += math.Pow(2, -float64(i+1))
				}
			}
		}
		b, _ := json.Marshal(ranking.Model{Trees: t, Calibration: training.Calibrate(cases)})
		os.WriteFile(*out, b, 0o644)
		for k, u := range use {
			fmt.Printf("  %-14s %.2f\n", ranking.FeatureNames[k], u)
		}
	}
}

func firstName(names []ranking.Name, g int32) string {
	for _, n := range names {
		if n.Group == g {
			return n.Form
		}
	}
	return "?"
}

func rightNames(names []ranking.Name, right map[int32]bool) []string {
	var all []string
	for _, n := range names {
		if right[n.Group] && len(all) < 4 {
			all = append(all, n.Form)
		}
	}
	return all
}

func names(r *meddra.Release) ([]ranking.Name, map[meddra.Code]int32) {
	groupOf := map[meddra.Code]int32{}
	var names []ranking.Name
	for _, llt := range r.LLTs() {
		g, ok := groupOf[llt.PT]
		if !ok {
			g = int32(len(groupOf))
			groupOf[llt.PT] = g
		}
		names = append(names, ranking.Name{Form: verbatim.Fold(lang, llt.Name), Group: g, Main: llt.Code == llt.PT})
	}
	return names, groupOf
}

// made makes wordings out of the names and the lexicon: misspelt, qualified,
// in everyday words.
func made(x *ranking.Index, names []ranking.Name, weight float64) []training.Wording {
	random := rand.New(rand.NewPCG(3, 3))
	size := map[int32]int{}
	byForm := map[string]int32{}
	for _, n := range names {
		size[n.Group]++
		if old, ok := byForm[n.Form]; !ok || size[old] < size[n.Group] {
			byForm[n.Form] = n.Group
		}
	}
	var out []training.Wording
	add := func(text string, group int32, w float64) {
		out = append(out, training.Wording{Samples: x.Samples(verbatim.Fold(lang, text), ""), Right: map[int32]bool{group: true}, Weight: w})
	}
	for _, entries := range [][]lexicon.Entry{lexicon.Everyday(lang), lexicon.Abbreviations(lang)} {
		for _, e := range entries {
			for _, r := range e.Readings[:1] {
				if g, ok := byForm[verbatim.Fold(lang, r)]; ok {
					add(e.Wording, g, weight)
				}
			}
		}
	}
	if lang == meddra.Chinese {
		return out
	}
	before := []string{"severe", "mild", "left", "right", "intermittent", "worsening", "bilateral", "possible", "increased", "some"}
	after := []string{"for 3 days", "at night", "after dose", "x 2", "(L)", "on and off", "grade 2", "left side", "every morning"}
	for _, n := range names {
		if size[n.Group] < 2 || random.Float64() > 0.25 {
			continue
		}
		switch random.IntN(3) {
		case 0:
			if t, ok := misspelt(random, n.Form); ok {
				add(t, n.Group, weight)
			}
		case 1:
			add(before[random.IntN(len(before))]+" "+n.Form, n.Group, weight)
		case 2:
			add(n.Form+" "+after[random.IntN(len(after))], n.Group, weight)
		}
	}
	return out
}

func misspelt(random *rand.Rand, form string) (string, bool) {
	words := strings.Split(form, " ")
	i := random.IntN(len(words))
	w := []byte(words[i])
	if len(w) < 6 {
		return "", false
	}
	at := 1 + random.IntN(len(w)-2)
	switch random.IntN(4) {
	case 0:
		w = append(w[:at], w[at+1:]...)
	case 1:
		w[at], w[at+1] = w[at+1], w[at]
	case 2:
		w[at] = byte('a' + random.IntN(26))
	case 3:
		w = append(w[:at+1], w[at:]...)
	}
	words[i] = string(w)
	return strings.Join(words, " "), true
}
