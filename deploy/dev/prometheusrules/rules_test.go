package prometheusrules_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"go.yaml.in/yaml/v3"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// promtool runs Prometheus's own checker.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is missing: install Debian's package prometheus, or run deploy/dev/scripts/needs.sh prometheus")
	}
	if said, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(found), err)
	}
	return found
}

func load(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestPrometheusTakesTheConfigurationAndTheRules(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "config", "../../prometheus/prometheus.yml")
	promtool(t, append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, files(t, "../../prometheus/rules/*.yml")...)...)
}

func TestEveryAlertFiresWhenItShouldAndIsSilentWhenItShould(t *testing.T) {
	t.Parallel()
	for _, file := range files(t, "tests/*.yml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			promtool(t, "test", "rules", file)
		})
	}
}

// ruleFile is a file of rules.
type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Record, Alert       string
			Labels, Annotations map[string]string
		}
	}
}

// testFile is a file of promtool's tests.
type testFile struct {
	GroupEvalOrder []string `yaml:"group_eval_order"`
	Tests          []struct {
		AlertRuleTest []struct {
			AlertName string           `yaml:"alertname"`
			ExpAlerts []map[string]any `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

func TestEveryAlertHasACaseThatFiresAndOneThatDoesNot(t *testing.T) {
	t.Parallel()
	var groups []string
	for _, file := range []string{"../../prometheus/rules/recording.yml", "../../prometheus/rules/alerting.yml"} {
		var rules ruleFile
		load(t, file, &rules)
		for _, g := range rules.Groups {
			groups = append(groups, g.Name)
		}
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, file := range files(t, "tests/*.yml") {
		var tests testFile
		load(t, file, &tests)
		if !slices.Equal(tests.GroupEvalOrder, groups) {
			t.Errorf("%s evaluates %v, the rules have %v", file, tests.GroupEvalOrder, groups)
		}
		for _, one := range tests.Tests {
			for _, check := range one.AlertRuleTest {
				if len(check.ExpAlerts) == 0 {
					silent[check.AlertName] = true
				}
				for _, alert := range check.ExpAlerts {
					labels, _ := alert["exp_labels"].(map[string]any)
					severity, _ := labels["severity"].(string)
					fires[check.AlertName+" "+severity] = true
				}
			}
		}
	}
	var rules ruleFile
	load(t, "../../prometheus/rules/alerting.yml", &rules)
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			if !fires[rule.Alert+" "+rule.Labels["severity"]] {
				t.Errorf("%s with severity %s has no case that fires", rule.Alert, rule.Labels["severity"])
			}
			if !silent[rule.Alert] {
				t.Errorf("%s has no case that is silent", rule.Alert)
			}
		}
	}
}

func TestEveryAlertSaysHowBadItIsAndHasItsEntryInTheRunbook(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../RUNBOOK.md")
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]bool{} // by heading; true once an alert points there
	for _, heading := range regexp.MustCompile(`(?m)^### (.+)$`).FindAllStringSubmatch(string(text), -1) {
		entries[heading[1]] = false
	}
	var rules ruleFile
	load(t, "../../prometheus/rules/alerting.yml", &rules)
	alerts := 0
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			alerts++
			if s := rule.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s: severity %q", rule.Alert, s)
			}
			for _, annotation := range []string{"summary", "description"} {
				if !strings.HasSuffix(rule.Annotations[annotation], ".") {
					t.Errorf("%s: its %s is no sentence: %q", rule.Alert, annotation, rule.Annotations[annotation])
				}
			}
			if want := "deploy/RUNBOOK.md#" + strings.ToLower(rule.Alert); rule.Annotations["runbook"] != want {
				t.Errorf("%s: runbook %q, want %q", rule.Alert, rule.Annotations["runbook"], want)
			}
			if _, ok := entries[rule.Alert]; !ok {
				t.Errorf("deploy/RUNBOOK.md has no heading ### %s", rule.Alert)
			}
			entries[rule.Alert] = true
		}
	}
	if alerts == 0 {
		t.Fatal("no alert")
	}
	for entry, used := range entries {
		if !used {
			t.Errorf("deploy/RUNBOOK.md has an entry %s that no alert points at", entry)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(#([a-z]+)\)`).FindAllStringSubmatch(string(text), -1) {
		found := false
		for entry := range entries {
			found = found || strings.ToLower(entry) == link[1]
		}
		if !found {
			t.Errorf("deploy/RUNBOOK.md links to #%s, which is not there", link[1])
		}
	}
}
