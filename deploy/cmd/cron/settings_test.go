package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

func TestTheEnvironmentStandsInForFlags(t *testing.T) {
	environment := map[string]string{"NIGHTLY_SCHEDULE": "@weekly", "TZ": ":Europe/Berlin", "NIGHTLY_LISTEN": "127.0.0.1:9000",
		"NIGHTLY_STATE": "/state/nightly.json", "NIGHTLY_GRACE": "7s", "NIGHTLY_DEADLINE": "1h"}
	for _, tc := range []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"neither", nil, nil, "0 2 * * * UTC :9203  30s 5h0m0s"},
		{"the environment", environment, nil, "@weekly Europe/Berlin 127.0.0.1:9000 /state/nightly.json 7s 1h0m0s"},
		{"flags win", environment, []string{"-schedule", "5 4 * * 1-5", "-tz", "UTC", "-listen", ":1", "-state", "s", "-grace", "0s", "-deadline", "0"},
			"5 4 * * 1-5 UTC :1 s 0s 0s"},
		{"an empty variable is none", map[string]string{"TZ": "", "NIGHTLY_SCHEDULE": ""}, nil, "0 2 * * * UTC :9203  30s 5h0m0s"},
	} {
		s, err := parse(append(tc.args, "--", "/bin/sh", "-c", "true"), func(name string) string { return tc.env[name] }, io.Discard)
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got := strings.Join([]string{s.spec, s.zone.String(), s.listen.String(), s.state, s.grace.String(), s.deadline.String()}, " ")
		if got != tc.want || strings.Join(s.command, " ") != "/bin/sh -c true" {
			t.Errorf("%s: %q %q, want %q", tc.name, got, s.command, tc.want)
		}
	}
}

func TestWhatCannotWorkStopsTheStartAndNamesTheSetting(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"-schedule", "0 2 * *"}, "-schedule"},
		{[]string{"-schedule", "0 25 * * *"}, "-schedule"},
		{[]string{"-schedule", "0 0 30 2 *"}, "no date matches"},
		{[]string{"-schedule", "CRON_TZ=Europe/Berlin"}, "-schedule"},
		{[]string{"-schedule", "CRON_TZ=Nowhere 0 2 * * *"}, "Nowhere"},
		{[]string{"-tz", "CET-1CEST"}, "-tz"},
		{[]string{"-tz", "Local"}, "-tz"},
		{[]string{"-tz", "../../etc/passwd"}, "-tz"},
		{[]string{"-listen", "9203"}, "-listen"},
		{[]string{"-listen", ":0"}, "-listen"},
		{[]string{"-grace", "11m"}, "-grace"},
		{[]string{"-grace", "-1s"}, "-grace"},
		{[]string{"-deadline", "soon"}, "-deadline"},
	} {
		_, err := parse(append(tc.args, "/bin/true"), func(string) string { return "" }, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%q: %v, want %s named", tc.args, err, tc.want)
		}
	}
	for _, command := range [][]string{nil, {"--"}, {"--", "/nowhere/syncctl"}, {"--", "/etc"}} {
		if _, err := parse(command, func(string) string { return "" }, io.Discard); err == nil || !strings.Contains(err.Error(), "command") {
			t.Errorf("%q: %v", command, err)
		}
	}
}

func TestHelpIsNoFailureAndWrongUsageIs(t *testing.T) {
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-h"}, 0, "NIGHTLY_SCHEDULE"},
		{[]string{"-version"}, 0, "cron "},
		{[]string{"-scedule", "x"}, 2, "-scedule"},
		{nil, 2, "no command"},
	} {
		var out bytes.Buffer
		if code := execute(t.Context(), tc.args, func(string) string { return "" }, &out, &out); code != tc.code || !strings.Contains(out.String(), tc.want) {
			t.Errorf("%q: %d %q", tc.args, code, out.String())
		}
	}
}

func TestNightlyDefaultsAreWhatIsDocumented(t *testing.T) {
	if defaultSchedule != "0 2 * * *" || defaultZone != "UTC" || defaultListen != ":9203" || defaultDeadline != 5*time.Hour || defaultGrace != 30*time.Second {
		t.Error("change the README too")
	}
}
