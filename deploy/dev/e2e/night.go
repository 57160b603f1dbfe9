package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// importSample takes in the sample reports and a made-up load beside them.
func importSample(ctx context.Context, s *stack) (string, error) {
	sample, err := os.ReadFile(filepath.Join(s.root, "deploy", "demo", "reports", "statin_ae.csv"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(s.work, "data", "sample.csv"), sample, 0o644); err != nil { // the container's user reads it
		return "", err
	}
	if err := s.take(ctx, input{file: "sample.csv", source: "file", id: "USUBJID,AESEQ"}); err != nil {
		return "", err
	}
	if err := s.load(ctx, "night-1", 10_000, 1); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d rows", s.inputs[0].rows+s.inputs[1].rows), nil
}

// load makes so many reports up and imports them.
func (s *stack) load(ctx context.Context, source string, n, seed int) error {
	path := filepath.Join(s.work, "data", source+".csv")
	if _, err := s.exec(ctx, 5*time.Minute, nil, "go", "run", "./deploy/dev/demo/genload", "-n", strconv.Itoa(n), "-seed", strconv.Itoa(seed), "-out", path); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o644); err != nil { // the container's user reads it
		return err
	}
	return s.take(ctx, input{file: source + ".csv", source: source, id: "AESPID"})
}

// take imports a file and holds the account that syncctl prints against its rows.
func (s *stack) take(ctx context.Context, in input) error {
	f, err := os.Open(filepath.Join(s.work, "data", in.file))
	if err != nil {
		return err
	}
	rows, err := csv.NewReader(f).ReadAll()
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	in.rows = len(rows) - 1
	s.learnVerbatims(rows)
	out, err := s.operator(ctx, "import", "/data/"+in.file, "--id", in.id, "--source", in.source)
	if err != nil {
		return err
	}
	if want := fmt.Sprintf("%d rows = %d new", in.rows, in.rows); !strings.Contains(out, want) {
		return fmt.Errorf("import says %q, want %q", out, want)
	}
	s.inputs = append(s.inputs, in)
	return nil
}

// learnVerbatims notes wordings that stand in no program and no list of their own
// accord: of several words, and not short.
func (s *stack) learnVerbatims(rows [][]string) {
	column := -1
	for i, name := range rows[0] {
		if name == "AETERM" {
			column = i
		}
	}
	for _, row := range rows[1:] {
		if v := row[column]; len(s.verbatims) < 2000 && utf8.RuneCountInString(v) >= 14 && strings.Contains(v, " ") {
			s.verbatims = append(s.verbatims, v)
		}
	}
}

// cronRunsTheNight waits for a run that cron started after the import.
func cronRunsTheNight(ctx context.Context, s *stack) (string, error) {
	began := time.Now()
	nightly, err := s.containers(ctx, "nightly")
	if err != nil {
		return "", err
	}
	err = s.eventually(ctx, 4*time.Minute, func(ctx context.Context) error {
		metrics, err := nightly[0].metrics(ctx, "9203")
		if err != nil {
			return err
		}
		at := func(name string) float64 {
			text, _ := value(metrics, "aecode_nightly_"+name)
			n, _ := strconv.ParseFloat(text, 64) // not there yet: 0
			return n
		}
		if at("last_start_timestamp_seconds") < float64(began.Unix()) || at("last_end_timestamp_seconds") < at("last_start_timestamp_seconds") {
			return errors.New("cron has started and ended no run since the import")
		}
		if code, _ := value(metrics, "aecode_nightly_last_exit_code"); code != "0" {
			return fmt.Errorf("the run ended with code %s", code)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return s.account(ctx, "aecode", s.inputs)
}

// newest is the file imported last.
func (s *stack) newest() []input { return s.inputs[len(s.inputs)-1:] }

// resultsAreExported takes the coded reports out through standard output.
func resultsAreExported(ctx context.Context, s *stack) (string, error) {
	out, err := s.operator(ctx, "export", "--coded", "-")
	if err != nil {
		return "", err
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		return "", fmt.Errorf("what export wrote: %w", err)
	}
	want := 0
	for _, in := range s.inputs {
		want += in.rows
	}
	if len(rows)-1 != want {
		return "", fmt.Errorf("%d reports were exported, want all %d", len(rows)-1, want)
	}
	return fmt.Sprintf("%d reports", len(rows)-1), nil
}

// account counts with the accounting program what became of imported files in that
// database; nothing may be left, lost or doubled, in them or beyond them.
func (s *stack) account(ctx context.Context, database string, inputs []input) (string, error) {
	coded, review, rows := 0, 0, 0
	for _, in := range inputs {
		args := []string{"run", "--rm", "-T", "auditor", "-id", in.id, "-source", in.source}
		if database != "aecode" {
			args = append(args, "-db", "postgres://aecode@postgres:5432/"+database+"?sslmode=verify-full&sslrootcert=/run/secrets/ca.crt&passfile=/run/secrets/pgpass")
		}
		out, err := s.dc(ctx, append(args, "/data/"+in.file)...)
		if err != nil {
			return "", err
		}
		n := map[string]int{}
		for field := range strings.FieldsSeq(out) {
			name, number, _ := strings.Cut(field, "=")
			n[name], _ = strconv.Atoi(number) // what is no number is none of ours
		}
		if n["in"] != in.rows || n["coded"]+n["review"] != in.rows || n["left"] != 0 || n["lost"] != 0 || n["doubled"] != 0 || !strings.Contains(out, "doubled=") {
			return "", fmt.Errorf("the account of %s is %q, want %d rows all decided", in.file, strings.TrimSpace(out), in.rows)
		}
		rows, coded, review = rows+in.rows, coded+n["coded"], review+n["review"]
	}
	return fmt.Sprintf("in=%d coded=%d review=%d left=0 lost=0 doubled=0", rows, coded, review), nil
}
