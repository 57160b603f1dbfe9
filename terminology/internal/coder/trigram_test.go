package coder

import (
	"slices"
	"strings"
	"testing"
	"time"

	"aecode/terminology/internal/meddra"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestTrigramsIgnoreWordOrderAndForgiveMisspelling(t *testing.T) {
	names := []string{"headache", "abdominal pain", "pain in leg", "abdominal distention", "hearing loss"}
	r := NewTrigrams(meddra.English, names)
	for query, want := range map[string]string{
		"pain abdominal": "abdominal pain", "abdomnal pain": "abdominal pain", "hedache": "headache", "leg pain": "pain in leg",
		"abdominal distension": "abdominal distention", "loss of hearing": "hearing loss",
	} {
		hits := r.Retrieve(query, 3)
		if len(hits) == 0 || names[hits[0].Name] != want {
			t.Errorf("%q: hits %v, want %q first", query, hits, want)
		}
	}
}

func TestChineseGramsNeedNoSegmenter(t *testing.T) {
	names := []string{"头痛", "腹痛", "上腹痛", "呼吸困难", "皮疹"}
	r := NewTrigrams(meddra.Chinese, names)
	for query, want := range map[string]string{"头很痛": "头痛", "呼吸很困难": "呼吸困难", "右上腹痛": "上腹痛"} {
		hits := r.Retrieve(query, 3)
		if len(hits) == 0 || names[hits[0].Name] != want {
			t.Errorf("%q: hits %v, want %q first", query, hits, want)
		}
	}
}

func TestHitsAreOrderedBoundedAndRepeatable(t *testing.T) {
	letters := rapid.StringOfN(rapid.SampledFrom([]rune("abc ")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(letters, 0, 40).Draw(t, "names")
		query, limit := letters.Draw(t, "query"), rapid.IntRange(-1, 10).Draw(t, "limit")
		r := NewTrigrams(meddra.English, names)
		hits := r.Retrieve(query, limit)
		if len(hits) > max(limit, 0) {
			t.Fatalf("%d hits, limit %d", len(hits), limit)
		}
		if !slices.IsSortedFunc(hits, compareHits) {
			t.Fatalf("hits out of order: %v", hits)
		}
		for _, h := range hits {
			if !(h.Score > 0 && h.Score <= 1) {
				t.Fatalf("score %v", h.Score)
			}
		}
		if diff := cmp.Diff(hits, r.Retrieve(query, limit)); diff != "" {
			t.Fatalf("the second query got other hits:\n%s", diff)
		}
		all := r.Retrieve(query, 100)
		if !slices.Equal(all[:min(len(all), max(limit, 0))], hits) {
			t.Fatalf("limit %d: %v is not the beginning of %v", limit, hits, all)
		}
	})
}

func TestTheSameWordsScoreOne(t *testing.T) {
	r := NewTrigrams(meddra.English, []string{"abdominal pain", "headache"})
	if hits := r.Retrieve("abdominal pain", 1); len(hits) != 1 || hits[0].Score < 0.9999 {
		t.Errorf("hits %v, want score 1", hits)
	}
}

func TestALongTextCostsBoundedTime(t *testing.T) {
	c, err := New(map[meddra.Language]*meddra.Release{meddra.English: generated(t, 5000)}, nil, nil, Options{CacheEntries: -1})
	if err != nil {
		t.Fatal(err)
	}
	for name, unit := range map[string]string{
		"one letter": "a", "words of the release": "acute renal pain ", "combining marks": "e\u0301\u0323", "4-byte Han": "\U0002C317",
	} {
		text := string([]rune(strings.Repeat(unit, 1000))[:1000])
		best := time.Hour
		for range 3 {
			start := time.Now()
			c.Code(Request{Verbatim: text, Language: meddra.English})
			best = min(best, time.Since(start))
		}
		if best > 100*time.Millisecond {
			t.Errorf("%s: 1,000 runes took %v", name, best)
		}
	}
}

func TestAnEmptyIndexFindsNothing(t *testing.T) {
	if hits := NewTrigrams(meddra.English, nil).Retrieve("headache", 5); hits != nil {
		t.Errorf("hits %v", hits)
	}
}
