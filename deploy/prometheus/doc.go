// Package prometheus holds the tests of what Prometheus is configured with: its
// configuration, its rules, and the runbook that they point at. It has no code.
package prometheus
