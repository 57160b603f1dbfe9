package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.uber.org/goleak"
)

// actAs makes the test binary another program: cron itself, or a command that
// does as the word says.
const actAs = "AECODE_CRON_TEST_ACT_AS"

func TestMain(m *testing.M) {
	switch as := os.Getenv(actAs); {
	case as == "cron":
		_ = os.Setenv(actAs, os.Getenv(actAs+"_CHILD")) // its command is another
		main()
	case as != "":
		act(as)
	}
	goleak.VerifyTestMain(m)
}

// act is a command: exit:N, say, obey:N (waits for SIGTERM, then ends with N),
// deaf (does not listen to SIGTERM), parent (leaves a deaf child behind).
func act(as string) {
	what, number, _ := strings.Cut(as, ":")
	code, _ := strconv.Atoi(number)
	terms := make(chan os.Signal, 1)
	switch what {
	case "exit":
	case "say":
		fmt.Print("one\n{\"two\": 2}\n")
		fmt.Fprint(os.Stderr, "three, \x00unfinished")
	case "obey":
		signal.Notify(terms, syscall.SIGTERM)
		fmt.Println("up")
		<-terms
		fmt.Println("told to end")
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("up", os.Getpid())
		select {}
	case "parent":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), actAs+"=deaf")
		child.Stdout = os.Stdout
		signal.Ignore(syscall.SIGTERM)
		if err := child.Run(); err != nil {
			code = 1
		}
	}
	os.Exit(code)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// series are the values of a record's metrics, as Prometheus would get them.
func series(t *testing.T, r *record) map[string]float64 {
	t.Helper()
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(r.registry, promhttp.HandlerOpts{}).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	return parsed(t, answer.Body)
}

func parsed(t *testing.T, text io.Reader) map[string]float64 {
	t.Helper()
	got := make(map[string]float64)
	for lines := bufio.NewScanner(text); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || !strings.HasPrefix(name, "aecode_nightly_") {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		got[strings.TrimPrefix(name, "aecode_nightly_")] = n
	}
	return got
}
