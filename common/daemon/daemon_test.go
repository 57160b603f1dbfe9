package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zeromicro/go-zero/core/service"
)

type settings struct {
	Port      int                     `json:",range=[1:10]"`
	DevServer service.DevServerConfig `json:",optional"`
}

func (s settings) Operations() service.DevServerConfig { return s.DevServer }

func TestAnActionTakesThePlaceOfRunningAndNeedsNoConfiguration(t *testing.T) {
	for _, tt := range []struct {
		name    string
		args    []string
		want    int
		printed string
	}{
		{"with its value", []string{"-look-at", "x"}, 0, "looked at x"},
		{"its exit code is the process's", []string{"-look-at", "away"}, 1, "looked at away"},
		{"an empty value is a value", []string{"-look-at", ""}, 2, "looked at "},
		{"a value is needed", []string{"-look-at"}, 2, "needs an argument"},
		{"an argument beside it is wrong usage", []string{"-look-at", "x", "y"}, 2, `unexpected argument "y": only flags`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			got := execute(tt.args, &out, &out, "svc", "none.yaml", func(settings) error {
				t.Error("the service ran")
				return nil
			}, Action{Flag: "look-at", Usage: "look at a `thing`", Run: func(value string, stdout, _ io.Writer) int {
				fmt.Fprintf(stdout, "looked at %s\n", value)
				return map[string]int{"x": 0, "away": 1, "": 2}[value]
			}})
			if got != tt.want || !strings.Contains(out.String(), tt.printed) {
				t.Errorf("exit %d, printed %q; want %d, %q", got, out.String(), tt.want, tt.printed)
			}
		})
	}
}

func TestTheCommandLineOfAService(t *testing.T) {
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, typo := file("Port: 3\n"), file("Prot: 3\n")
	for _, tt := range []struct {
		name    string
		args    []string
		runErr  error
		want    int
		printed string
		ran     bool
	}{
		{"a good configuration is run with", []string{"-f", good}, nil, 0, "", true},
		{"a failure is printed", []string{"-f", good}, errors.New("no port left"), 1, "svc: no port left", true},
		{"checking does not run", []string{"-check-config", "-f", good}, nil, 0, good + ": ok", false},
		{"a typo stops the start by its path", []string{"-f", typo}, nil, 1, "Prot", false},
		{"the version needs no configuration", []string{"-version", "-f", "none"}, nil, 0, "svc ", false},
		{"an unknown flag is wrong usage", []string{"-prot"}, nil, 2, "-prot", false},
		{"an argument is wrong usage", []string{"run"}, nil, 2, `unexpected argument "run": only flags`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			ran := false
			got := execute(tt.args, &out, &out, "svc", "none.yaml", func(c settings) error {
				ran = c.Port == 3
				return tt.runErr
			})
			if got != tt.want || ran != tt.ran || !strings.Contains(out.String(), tt.printed) {
				t.Errorf("exit %d, ran %t, printed %q; want %d, %t, %q", got, ran, out.String(), tt.want, tt.ran, tt.printed)
			}
		})
	}
}
