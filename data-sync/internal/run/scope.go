package run

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"aecode/data-sync/internal/report"
)

// ScopeAll is the scope of all reports. The scope of one study is "study:" and
// its STUDYID.
const ScopeAll = "all"

const scopeStudy = "study:"

// ParseScope returns the study of a scope, "" for ScopeAll. A study id has 1 to
// report.MaxIdentityBytes bytes of valid UTF-8 without control characters, so
// that every study that the intake takes can be run alone. The error says what
// to give.
func ParseScope(scope string) (study string, err error) {
	if scope == ScopeAll {
		return "", nil
	}
	study, ok := strings.CutPrefix(scope, scopeStudy)
	switch {
	case !ok:
		return "", errors.New(`give "all" or "study:" and a study id`)
	case study == "", len(study) > report.MaxIdentityBytes, !utf8.ValidString(study), strings.ContainsFunc(study, unicode.IsControl):
		return "", fmt.Errorf("give a study id of 1 to %d bytes without control characters", report.MaxIdentityBytes)
	}
	return study, nil
}
