package training

import "math/rand/v2"

// Qualifiers that sites write before and after a complaint. They do not say which
// complaint it is.
var (
	qualifiersBefore = []string{
		"severe", "mild", "left", "right", "intermittent", "worsening", "bilateral", "possible", "increased", "some",
	}
	qualifiersAfter = []string{
		"for 3 days", "at night", "after dose", "x 2", "(L)", "on and off", "grade 2", "left side", "every morning",
	}
)

func qualifiedBefore(random *rand.Rand, form string) string {
	return qualifiersBefore[random.IntN(len(qualifiersBefore))] + " " + form
}

func qualifiedAfter(random *rand.Rand, form string) string {
	return form + " " + qualifiersAfter[random.IntN(len(qualifiersAfter))]
}
