package run_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"aecode/data-sync/internal/intake"
	"aecode/data-sync/internal/report"
	"aecode/data-sync/internal/run"
)

func TestAScopeIsAllOrOneStudy(t *testing.T) {
	for _, tt := range []struct {
		scope, study string
		ok           bool
	}{
		{"all", "", true},
		{"study:ABC-001", "ABC-001", true},
		{"study:all", "all", true},
		{"study:study:x", "study:x", true},
		{"study:研究 1", "研究 1", true},
		{"study:" + strings.Repeat("x", report.MaxIdentityBytes), strings.Repeat("x", report.MaxIdentityBytes), true},
		{"study:" + strings.Repeat("x", report.MaxIdentityBytes+1), "", false},
		{"", "", false},
		{"ALL", "", false},
		{"study:", "", false},
		{"study:a\nb", "", false},
		{"study:a\u0085b", "", false},
		{"study:\xff", "", false},
		{"everything", "", false},
	} {
		study, err := run.ParseScope(tt.scope)
		if study != tt.study || (err == nil) != tt.ok {
			t.Errorf("ParseScope(%q) = %q, %v; want %q, ok %t", tt.scope, study, err, tt.study, tt.ok)
		}
	}
}

func TestEveryStudyThatTheIntakeTakesCanBeRunAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		study := rapid.StringN(1, 80, report.MaxIdentityBytes).Draw(t, "study")
		if intake.CheckIdentity(report.Identity{Source: "edc", Study: study, RecordID: "1"}) != nil {
			return
		}
		if got, err := run.ParseScope("study:" + study); err != nil || got != study {
			t.Errorf("ParseScope(%q) = %q, %v", "study:"+study, got, err)
		}
	})
}
