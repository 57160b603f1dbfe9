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

// importSample imports the sample reports and a generated load.
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

// load generates n reports and imports them.
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

// take imports a file and compares syncctl's counts with its rows.
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

// learnVerbatims keeps verbatims to look for later: long ones of several words, which no
// program or list has by chance.
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

// cronRunsTheNight waits until a run that cron has started after the import has ended.
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
			n, _ := strconv.ParseFloat(text, 64) // absent: 0
			return n
		}
		if at("last_start_timestamp_seconds") < float64(began.Unix()) || at("last_end_timestamp_seconds") < at("last_start_timestamp_seconds") {
			return errors.New("no run that cron has started since the import has ended")
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

// newest gives the file imported last.
func (s *stack) newest() []input { return s.inputs[len(s.inputs)-1:] }

// resultsAreExported exports the coded reports to standard output.
func resultsAreExported(ctx context.Context, s *stack) (string, error) {
	out, err := s.operator(ctx, "export", "--coded", "-")
	if err != nil {
		return "", err
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		return "", fmt.Errorf("the output of export: %w", err)
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

// account runs verify on imported files and a database. No report may be left, lost or
// doubled.
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
			n[name], _ = strconv.Atoi(number) // other fields are 0
		}
		if n["in"] != in.rows || n["coded"]+n["review"] != in.rows || n["left"] != 0 || n["lost"] != 0 || n["doubled"] != 0 || !strings.Contains(out, "doubled=") {
			return "", fmt.Errorf("verify counts for %s %q, want %d rows, all decided", in.file, strings.TrimSpace(out), in.rows)
		}
		rows, coded, review = rows+in.rows, coded+n["coded"], review+n["review"]
	}
	return fmt.Sprintf("in=%d coded=%d review=%d left=0 lost=0 doubled=0", rows, coded, review), nil
}
