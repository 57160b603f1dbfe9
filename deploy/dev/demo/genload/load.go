package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// What a load is like, whatever its size.
const (
	studies          = 20
	chineseShare     = 0.10
	suggestedShare   = 0.50 // of reports that the coder cannot decide on its own
	seriousShare     = 0.03
	eventsPerSubject = 5

	// The k-th verbatim of a pool comes with a frequency proportional to
	// 1/(zipfFlatten+k)^zipfExponent: few wordings make up most reports, and many
	// occur once, as in a trial's data.
	zipfExponent = 1.1
	zipfFlatten  = 20
)

var header = []string{"STUDYID", "USUBJID", "AESEQ", "AESPID", "AETERM", "AESER", "LANG", "AESTDTC"}

// firstDay and days are the span of start dates.
var firstDay = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

const days = 300

// verbatims draws the verbatims of one language.
type verbatims struct {
	pools
	decidedRank, suggestedRank *rand.Zipf
}

func newVerbatims(language string, w wordings, r *rand.Rand) (verbatims, error) {
	p := makePools(language, w, r)
	if len(p.decided) == 0 || len(p.suggested) == 0 {
		return verbatims{}, fmt.Errorf("the %s release has too few terms to word reports with", language)
	}
	return verbatims{
		pools:         p,
		decidedRank:   rand.NewZipf(r, zipfExponent, zipfFlatten, uint64(len(p.decided)-1)),
		suggestedRank: rand.NewZipf(r, zipfExponent, zipfFlatten, uint64(len(p.suggested)-1)),
	}, nil
}

func (v verbatims) draw(r *rand.Rand) string {
	if r.Float64() < suggestedShare {
		return v.suggested[v.suggestedRank.Uint64()]
	}
	return v.decided[v.decidedRank.Uint64()]
}

// generate writes n reports as CSV with a header. STUDYID with AESPID is unique,
// and so is USUBJID with AESEQ. The same arguments give the same bytes. It needs
// memory for the wordings, not for the reports.
func generate(out io.Writer, v vocabulary, n int, seed uint64) error {
	if n < 1 {
		return fmt.Errorf("%d reports: give a number from 1 up", n)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	english, err := newVerbatims("en", v["en"], r)
	if err != nil {
		return err
	}
	chinese, err := newVerbatims("zh", v["zh"], r)
	if err != nil {
		return err
	}

	w := csv.NewWriter(out)
	if err := w.Write(header); err != nil {
		return fmt.Errorf("write the load: %w", err)
	}
	var reports [studies]int // written so far, by study
	for range n {
		study := r.IntN(studies)
		event := reports[study]
		reports[study]++
		language, from := "en", english
		if r.Float64() < chineseShare {
			language, from = "zh", chinese
		}
		verbatim := from.draw(r)
		serious := "N"
		if r.Float64() < seriousShare {
			serious = "Y"
		}
		studyID := fmt.Sprintf("LOAD%02d", study+1)
		err := w.Write([]string{
			studyID,
			fmt.Sprintf("%s-%05d", studyID, event/eventsPerSubject+1),
			fmt.Sprint(event%eventsPerSubject + 1),
			fmt.Sprintf("AE%06d", event+1),
			verbatim,
			serious,
			language,
			firstDay.AddDate(0, 0, r.IntN(days)).Format(time.DateOnly),
		})
		if err != nil {
			return fmt.Errorf("write the load: %w", err)
		}
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write the load: %w", err)
	}
	return nil
}
