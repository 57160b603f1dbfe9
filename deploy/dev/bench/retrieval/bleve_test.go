package retrieval

import (
	"errors"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/token/ngram"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search/query"

	"aecode/deploy/dev/demo/benchdata"
	"aecode/deploy/dev/demo/fullsize"
)

// bleveIndex is written by bleve's builder, as one segment. Words are those of
// the standard analyzer, in Chinese of the one for it; with groups of letters
// either may match.
type bleveIndex struct {
	index bleve.Index
	grams bool
	pts   map[string]string // LLT -> PT
}

const (
	wordsField = "words"
	gramsField = "grams"
)

func newBleve(grams bool) func(language, dir string, names []benchdata.Name) (index, error) {
	return func(language, dir string, names []benchdata.Name) (index, error) {
		m, err := bleveMapping(language, grams)
		if err != nil {
			return nil, err
		}
		builder, err := bleve.NewBuilder(dir, m, map[string]any{"buildPathPrefix": filepath.Dir(dir)})
		if err != nil {
			return nil, err
		}
		x := &bleveIndex{grams: grams, pts: make(map[string]string, len(names))}
		for _, n := range names {
			x.pts[n.LLT] = n.PT
			fields := map[string]any{wordsField: n.Text}
			if grams {
				fields[gramsField] = n.Text
			}
			if err := builder.Index(n.LLT, fields); err != nil {
				return nil, errors.Join(err, builder.Close())
			}
		}
		if err := builder.Close(); err != nil {
			return nil, err
		}
		x.index, err = bleve.Open(dir)
		return x, err
	}
}

func bleveMapping(language string, grams bool) (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	filter := map[string]any{"type": ngram.Name, "min": 3.0, "max": 3.0}
	if language == fullsize.Chinese {
		filter["min"], filter["max"] = 1.0, 2.0
	}
	err := errors.Join(
		m.AddCustomTokenFilter("groups", filter),
		m.AddCustomAnalyzer(gramsField, map[string]any{
			"type": custom.Name, "tokenizer": unicode.Name, "token_filters": []string{lowercase.Name, "groups"},
		}),
	)
	words := standard.Name
	if language == fullsize.Chinese {
		words = cjk.AnalyzerName
	}
	doc := bleve.NewDocumentStaticMapping()
	for field, analyzer := range map[string]string{wordsField: words, gramsField: gramsField} {
		if field == gramsField && !grams {
			continue
		}
		f := bleve.NewTextFieldMapping()
		f.Analyzer, f.Store, f.IncludeInAll, f.IncludeTermVectors, f.DocValues = analyzer, false, false, false, false
		doc.AddFieldMappingsAt(field, f)
	}
	m.DefaultMapping = doc
	return m, err
}

func (x *bleveIndex) search(verbatim string) ([]string, error) {
	words := bleve.NewMatchQuery(verbatim)
	words.SetField(wordsField)
	var q query.Query = words
	if x.grams {
		grams := bleve.NewMatchQuery(verbatim)
		grams.SetField(gramsField)
		q = bleve.NewDisjunctionQuery(words, grams)
	}
	found, err := x.index.Search(bleve.NewSearchRequestOptions(q, limit, 0, false))
	if err != nil {
		return nil, err
	}
	pts := make([]string, len(found.Hits))
	for i, hit := range found.Hits {
		pts[i] = x.pts[hit.ID]
	}
	return pts, nil
}

func (x *bleveIndex) close() error { return x.index.Close() }
