// Package prometheusrules holds the tests of deploy/prometheus: its configuration,
// its rules, and the runbook that the alerts link to. It has no code.
package prometheusrules
