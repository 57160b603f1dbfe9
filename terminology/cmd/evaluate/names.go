package main

import "aecode/terminology/internal/meddra"

// shownAll gives PTs by code and name.
func shownAll(v *meddra.Version, pts []meddra.Code) []string {
	out := make([]string, len(pts))
	for i, pt := range pts {
		out[i] = shown(v, pt)
	}
	return out
}

// shown gives a PT by code and name, or the code alone if the release has no such PT.
func shown(v *meddra.Version, pt meddra.Code) string {
	if name := ptName(v, pt); name != "" {
		return pt.String() + " " + name
	}
	return pt.String()
}

// ptName gives the name of a PT in the first language that has it; empty for a code that
// is not a PT.
func ptName(v *meddra.Version, pt meddra.Code) string {
	for _, language := range v.Languages() {
		if term, ok := v.Releases[language].PT(pt); ok {
			return term.Name
		}
	}
	return ""
}
