// Command verify counts the outcome of each row of the input files. It reads only the
// files, the database and its audit. It calls no service and imports nothing of aecode,
// so that its result is independent of the code that it checks.
//
//	go run ./deploy/cmd/verify -db URL|FILE [flags] INPUT...
//
// It prints one line. It exits with 1 if lost or doubled is not 0, or if the audit is
// broken:
//
//	in=N coded=N review=N left=N lost=N doubled=N
//
// The usage below says what each number means. All of them come from one snapshot of
// the database, so that verify can run during a pass.
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

Counts the outcome of each row of the CSV or NDJSON files INPUT.... It reads only
the files, the database and its audit, and prints

  in=N coded=N review=N left=N lost=N doubled=N

in       distinct rows of the files. A row with an identity is counted once for its
         source, study, record id, verbatim and stated language; an unreadable row
         once for its file, line and bytes. Empty lines and the header do not count.
coded    rows whose report has the status CODED
left     rows whose report has the status PENDING
review   rows whose report has any other status: a person decides, or has decided;
         and every unreadable row that the database keeps
lost     - rows that are in no report's history of verbatims and are not kept as
           unreadable
         - rows whose report is in an illegal state: CODED without a live coding of
           its verbatim; REVIEW without a reason; a status, coding or outcome that
           contradicts the audit; a member of an ended pass without an outcome
         - reports that are not in the files and are in an illegal state
         - members that the summary of an ended pass counts and its list lacks
doubled  reports with two live codings; reports that the machine coded twice with
         nothing in between; reports in two open passes, or twice in one pass; two
         reports with one identity; a machine's coding in place of a person's

  in = coded + review + left + lost rows

If a later file has changed a row's verbatim, the row counts with its report's
present status. A person's decision (human_decided) is compared with the audit only
if the audit names a person.

Each fault is one line on standard error, with a report's number or a file and line,
never with a verbatim. Only the first 20 of each kind are printed, then their number.

Exit codes: 0 nothing lost, nothing doubled, audit complete; 1 otherwise; 2 wrong
usage, or an input or the database cannot be read.

flags:
`

// The exit codes.
const (
	exitSound = iota
	exitFaults
	exitUnreadable
)

// options are the flags and arguments.
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

// parseFlags reads the command line. -h prints the help to stdout.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	m := &o.mapping
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.StringVar(&o.database, "db", "", "postgres:// `URL`, or path of an SQLite file")
	flags.Func("id", "comma-separated `columns` that together identify a record (default AESPID)", func(list string) error {
		m.id = append(m.id, strings.Split(list, ",")...)
		return nil
	})
	flags.StringVar(&m.study, "study", "STUDYID", "`column` of the study")
	flags.StringVar(&m.verbatim, "verbatim", "AETERM", "`column` of the verbatim")
	flags.StringVar(&m.language, "language", "LANG", "`column` of the verbatim's language; it may be absent")
	flags.StringVar(&m.source, "source", "file", "`source` system that the files were imported with")
	flags.StringVar(&o.format, "format", "", "csv or ndjson (default: by the file name extension)")
	flags.StringVar(&o.encoding, "encoding", "", "utf-8 or gb18030 (default: detected)")
	flags.BoolVar(&o.asJSON, "json", false, "print a JSON object instead of the line")
	// Flags may follow the inputs, as with syncctl.
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
		return o, errors.New("-db is missing: it names the database; see -h")
	case len(o.inputs) == 0:
		return o, errors.New("no input file is given; see -h")
	case o.format != "" && o.format != formatCSV && o.format != formatNDJSON:
		return o, errors.New("-format must be csv or ndjson")
	case o.encoding != "" && o.encoding != encodingUTF8 && o.encoding != encodingGB18030:
		return o, errors.New("-encoding must be utf-8 or gb18030")
	}
	return o, m.check()
}

// verify counts everything on one snapshot of the database.
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
	// AuditBroken is the first place where the audit differs from what was written.
	AuditBroken string `json:"audit_broken,omitempty"`
	// AuditHead is the hash of the audit's newest link, as stored.
	AuditHead string `json:"audit_head"`
	// Findings counts the faults by kind, including those without a line on stderr.
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
