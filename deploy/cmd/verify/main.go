// Command verify counts what became of the rows of input files, from the files,
// the database and its audit alone. It asks no service, and it imports nothing
// of aecode: what it says is a second opinion, not the first one repeated.
//
//	go run ./deploy/cmd/verify -db URL|FILE [flags] INPUT...
//
// It prints one line, and ends with 1 where lost or doubled is not 0 or the
// audit is broken:
//
//	in=N coded=N review=N left=N lost=N doubled=N
//
// Where "usage" below says what each number is. All of them are taken from one
// snapshot of the database, so that it may be asked while a run is under way.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

const usage = `verify -db URL|FILE [flags] INPUT...

Counts what became of the rows of the CSV or NDJSON files INPUT..., from these
files, the database and its audit alone, and prints

  in=N coded=N review=N left=N lost=N doubled=N

in       rows of the files, each distinct one once: a row with an identity by its
         source, study, record id, verbatim and stated language; an unreadable one
         by its file, line and bytes. Blank lines and the header are no rows.
coded    rows whose report stands at CODED
left     rows whose report stands at PENDING
review   rows whose report stands at anything else: a person's to decide, or
         decided by one; and every unreadable row that is kept
lost     rows that no report's history of verbatims and no unreadable row holds;
         rows whose report is in no legal state: CODED without a live coding of
         its verbatim, REVIEW without a reason, a status, coding or outcome that
         the audit contradicts, a member of an ended pass without an outcome; and
         of the reports beyond the files, each one in no legal state, and the
         members that an ended pass's summary has and its list has not
doubled  reports with two live codings, or coded twice by the machine without
         anything between; in two open passes, or twice in one; one identity as
         two reports; a machine's coding where a person's stood

  in = coded + review + left + the rows that are lost

A row whose verbatim a later file has changed is counted with its report as it
now stands. What a person decided (human_decided) is held against the audit only
where the audit names a person.

Every fault is a line on stderr, with a report's number or a file and line and
never a patient's words, at most 20 of a kind; then their count.

Exit codes: 0 nothing lost, nothing doubled, audit whole; 1 otherwise; 2 wrong
usage, or an input or the database cannot be read.

flags:
`

// The exit codes.
const (
	exitSound = iota
	exitFaults
	exitUnreadable
)

// options are the command line.
type options struct {
	database string
	mapping  mapping
	format   string
	encoding string
	asJSON   bool
	inputs   []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return exitSound
	}
	if err == nil {
		var result account
		if result, err = verify(ctx, o, stderr); err == nil {
			err = result.print(stdout, o.asJSON)
		}
		if err == nil {
			if result.sound() {
				return exitSound
			}
			return exitFaults
		}
	}
	fmt.Fprintln(stderr, "verify:", err)
	return exitUnreadable
}

// parseFlags reads the command line; help, if asked for, goes to stdout.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	m := &o.mapping
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.StringVar(&o.database, "db", "", "postgres:// `URL`, or path of an SQLite file")
	flags.Func("id", "`columns` that together identify a record, A,B (default AESPID)", func(list string) error {
		m.id = append(m.id, strings.Split(list, ",")...)
		return nil
	})
	flags.StringVar(&m.study, "study", "STUDYID", "`column` of the study")
	flags.StringVar(&m.verbatim, "verbatim", "AETERM", "`column` of the verbatim")
	flags.StringVar(&m.language, "language", "LANG", "`column` of the verbatim's language, if there")
	flags.StringVar(&m.source, "source", "file", "source system that the files were imported as")
	flags.StringVar(&o.format, "format", "", "csv or ndjson (default by the file's ending)")
	flags.StringVar(&o.encoding, "encoding", "", "utf-8 or gb18030 (default detected)")
	flags.BoolVar(&o.asJSON, "json", false, "print one JSON object instead of the line")
	// Flags may stand after the inputs, as with syncctl.
	for {
		err := flags.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stdout, usage)
			flags.SetOutput(stdout)
			flags.PrintDefaults()
		}
		if err != nil {
			return o, err
		}
		if flags.NArg() == 0 {
			break
		}
		o.inputs = append(o.inputs, flags.Arg(0))
		args = flags.Args()[1:]
	}
	if len(m.id) == 0 {
		m.id = []string{"AESPID"}
	}
	switch {
	case o.database == "":
		return o, errors.New("-db must name the database; -h explains")
	case len(o.inputs) == 0:
		return o, errors.New("no input file is given; -h explains")
	case o.format != "" && o.format != formatCSV && o.format != formatNDJSON:
		return o, errors.New("-format must be csv or ndjson")
	case o.encoding != "" && o.encoding != encodingUTF8 && o.encoding != encodingGB18030:
		return o, errors.New("-encoding must be utf-8 or gb18030")
	}
	return o, m.check()
}

// verify does the whole count on one snapshot.
func verify(ctx context.Context, o options, stderr io.Writer) (result account, err error) {
	db, err := openDatabase(ctx, o.database)
	if err != nil {
		return account{}, err
	}
	defer func() { err = errors.Join(err, db.close()) }()

	found := newFindings(stderr)
	rows := newMatcher(db, found, o.mapping.source)
	for _, path := range o.inputs {
		if err := readInput(ctx, path, o, rows); err != nil {
			return account{}, fmt.Errorf("input %s: %w", path, err)
		}
	}
	passes, err := loadPasses(ctx, db)
	if err != nil {
		return account{}, err
	}
	broken, head, err := verifyChain(ctx, db, passes)
	if err != nil {
		return account{}, err
	}
	j := &judge{found: found, passes: passes, rows: rows}
	if err := j.all(ctx, db); err != nil {
		return account{}, err
	}
	if err := j.identities(ctx, db); err != nil {
		return account{}, err
	}
	passes.settle(found)
	if broken != "" {
		fmt.Fprintln(stderr, "audit broken at", broken)
	}
	found.summarise()
	return account{
		In: rows.in, Coded: j.coded, Review: j.review + rows.inUnreadable, Left: j.left,
		Lost: found.lost, Doubled: found.doubled, Unreadable: rows.inUnreadable,
		AuditBroken: broken, AuditHead: head, Findings: found.counts,
	}, nil
}

// account is the result.
type account struct {
	In      int64 `json:"in"`
	Coded   int64 `json:"coded"`
	Review  int64 `json:"review"`
	Left    int64 `json:"left"`
	Lost    int64 `json:"lost"`
	Doubled int64 `json:"doubled"`
	// Unreadable rows are part of Review.
	Unreadable int64 `json:"unreadable"`
	// AuditBroken is the first place where the audit is not what was written.
	AuditBroken string `json:"audit_broken,omitempty"`
	// AuditHead is the hash of the audit's newest link, as stored.
	AuditHead string `json:"audit_head"`
	// Findings counts the lines on stderr by kind, those not shown included.
	Findings map[string]int64 `json:"findings"`
}

func (a account) sound() bool { return a.Lost == 0 && a.Doubled == 0 && a.AuditBroken == "" }

func (a account) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(a)
	}
	_, err := fmt.Fprintf(w, "in=%d coded=%d review=%d left=%d lost=%d doubled=%d\n",
		a.In, a.Coded, a.Review, a.Left, a.Lost, a.Doubled)
	return err
}
