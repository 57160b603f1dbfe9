package coder

import (
	"fmt"
	"testing"

	"aecode/terminology/internal/meddra"
)

// generated is an invented release of n LLTs, two a PT, composed of word parts so
// that letter groups are about as common as in a real one.
func generated(t testing.TB, n int) *meddra.Release {
	t.Helper()
	kinds := []string{"", "Acute", "Chronic", "Recurrent", "Drug-induced", "Congenital", "Severe", "Viral", "Traumatic", "Familial"}
	organs := []string{
		"renal", "hepatic", "gastric", "cardiac", "pulmonary", "cerebral", "dermal", "ocular", "nasal", "oral", "vesical", "splenic",
		"thyroid", "adrenal", "ovarian", "testicular", "uterine", "spinal", "muscular", "vascular", "lymphatic", "biliary", "colonic",
		"rectal", "anal", "esophageal", "laryngeal", "tracheal", "bronchial", "pleural",
	}
	parts := []string{"artery", "vein", "wall", "duct", "tissue", "gland", "membrane", "nerve", "valve", "lobe", "margin", "cavity"}
	findings := []string{
		"pain", "haemorrhage", "inflammation", "oedema", "necrosis", "stenosis", "perforation", "infection", "neoplasm", "atrophy",
		"fibrosis", "rupture", "thrombosis", "spasm", "cyst", "abscess", "fistula", "injury", "obstruction", "calcification",
		"hypertrophy", "ulcer", "dysfunction", "prolapse", "swelling", "irritation",
	}
	f := newFixture(meddra.English)
	for i := range n {
		k := i
		pick := func(words []string) string {
			w := words[k%len(words)]
			k /= len(words)
			return w
		}
		finding, organ, part, kind := pick(findings), pick(organs), pick(parts), pick(kinds)
		name := fmt.Sprintf("%s %s %s %s", kind, organ, part, finding)
		if kind == "" {
			name = fmt.Sprintf("%s %s %s", organ, part, finding)
		}
		code, pt := fmt.Sprint(90100000+i), fmt.Sprint(90100000+i/2*2)
		f.llt(pt, code, "Y", name, name)
	}
	return f.load(t)
}

// The sizes of a demo release and of MedDRA 29.0.
var benchSizes = map[string]int{"837": 837, "91082": 91_082}

func BenchmarkCode(b *testing.B) {
	for size, n := range benchSizes {
		c, err := New(map[meddra.Language]*meddra.Release{meddra.English: generated(b, n)}, nil, nil, Options{CacheEntries: -1})
		if err != nil {
			b.Fatal(err)
		}
		for name, verbatim := range map[string]string{
			"exact": "renal artery pain", "folded": "Renal-artery pains", "ranked": "sever pain of the renl artery",
			"long": "The patient woke up at night with sudden pain in the renal region, nausea and a swelling of both legs",
		} {
			b.Run(size+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.Code(Request{Verbatim: verbatim})
				}
			})
		}
	}
}

func BenchmarkCachedRanking(b *testing.B) {
	c := newCoder(b, Options{})
	b.ReportAllocs()
	for b.Loop() {
		c.Code(Request{Verbatim: "severe headache"})
	}
}

func BenchmarkSearch(b *testing.B) {
	for size, n := range benchSizes {
		c, err := New(map[meddra.Language]*meddra.Release{meddra.English: generated(b, n)}, nil, nil, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for name, query := range map[string]string{"prefix": "renal", "letter": "a", "words": "pain art ren", "misspelled": "haemorhage renl"} {
			b.Run(size+"/"+name, func(b *testing.B) {
				for b.Loop() {
					c.Search(query, meddra.English, nil, 20)
				}
			})
		}
	}
}

func BenchmarkNewIndex(b *testing.B) {
	release := generated(b, 91_082)
	b.ReportAllocs()
	for b.Loop() {
		NewIndex(release)
	}
}
