package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"aecode/common/certfiles"
)

// The defaults: neither the flag nor its environment variable is set.
const (
	defaultSchedule = "0 2 * * *"
	defaultZone     = "UTC"
	defaultListen   = ":9203"
	defaultGrace    = 30 * time.Second
	defaultDeadline = 5 * time.Hour
)

// mode is what the program is asked to do.
type mode int

const (
	keepSchedule mode = iota
	runOnce
	askHealth
	showVersion
)

// settings are the flags and environment variables, checked.
type settings struct {
	mode            mode
	spec            string
	schedule        cron.Schedule
	zone            *time.Location
	listen          address
	state           string
	grace, deadline time.Duration
	command         []string
	// tls are the files of the command's certificate, as syncctl reads them.
	tls certfiles.Files
}

// address is where to listen; an empty host means all addresses.
type address struct{ host, port string }

func (a address) String() string { return net.JoinHostPort(a.host, a.port) }

// parse reads the flags, and the environment variables of those that are not given.
// An error names the flag at fault. -h prints the usage to stderr.
func parse(args []string, env func(string) string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("cron", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	usage := func() {
		fmt.Fprintf(stderr, "usage: cron [flags] -- command [argument ...]\n\nRuns a command on a schedule. An environment variable sets a flag that is not given.\n"+
			"/metrics shows when the certificate of AECODE_TLS_CERT, AECODE_TLS_KEY and AECODE_TLS_CA expires.\n\n")
		flags.SetOutput(stderr)
		flags.PrintDefaults()
	}
	flags.Usage = func() {}
	text := func(name, variable, otherwise, usage string) *string {
		return flags.String(name, cmp.Or(env(variable), otherwise), usage+"; environment "+variable)
	}
	spec := text("schedule", "NIGHTLY_SCHEDULE", defaultSchedule, "when to run: minute hour day month weekday, or @daily, @hourly and so on; CRON_TZ=Zone before it overrides -tz")
	zone := text("tz", "TZ", defaultZone, "time `zone` of the schedule, such as Europe/Berlin. A time of day that daylight saving time skips comes later by the same amount; one that occurs twice starts two runs")
	listen := text("listen", "NIGHTLY_LISTEN", defaultListen, "`address` of /metrics and /healthz")
	state := text("state", "NIGHTLY_STATE", "", "`file` that keeps the metrics and the time of the last run over a restart. A run that came due while cron was not running, at most "+catchUp.String()+" ago, then starts when cron starts; empty: nothing is kept")
	grace := text("grace", "NIGHTLY_GRACE", defaultGrace.String(), "`time` that the command has to end after SIGTERM before it is killed, 0 to 10m")
	deadline := text("deadline", "NIGHTLY_DEADLINE", defaultDeadline.String(), "maximum `time` of a run before it gets SIGTERM, 0 to 168h; 0: no limit")
	once := flags.Bool("once", false, "run the command now and exit with its exit code")
	ask := flags.Bool("health", false, "ask the running cron for its health and exit: 0 healthy, 1 not healthy")
	show := flags.Bool("version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			usage()
		}
		return s, err
	}
	switch {
	case *show:
		s.mode = showVersion
		return s, nil
	case *ask:
		s.mode = askHealth
	case *once:
		s.mode = runOnce
	}
	s.spec, s.state, s.command = *spec, *state, flags.Args()
	s.tls = certfiles.Files{Cert: env("AECODE_TLS_CERT"), Key: env("AECODE_TLS_KEY"), CA: env("AECODE_TLS_CA")}
	return s, s.resolve(*zone, *listen, *grace, *deadline)
}

// resolve reads and checks what the mode needs.
func (s *settings) resolve(zone, listen, grace, deadline string) (err error) {
	if s.listen, err = parseAddress(listen); err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	if s.mode == askHealth {
		return nil
	}
	if s.zone, err = parseZone(zone); err != nil {
		return fmt.Errorf("-tz: %w", err)
	}
	if s.schedule, err = parseSchedule(s.spec); err != nil {
		return fmt.Errorf("-schedule %q: %w", s.spec, err)
	}
	if s.schedule.Next(time.Now().In(s.zone)).IsZero() {
		return fmt.Errorf("-schedule %q: no date matches it", s.spec)
	}
	if s.grace, err = parseDuration(grace, 10*time.Minute); err != nil {
		return fmt.Errorf("-grace: %w", err)
	}
	if s.deadline, err = parseDuration(deadline, 7*24*time.Hour); err != nil {
		return fmt.Errorf("-deadline: %w", err)
	}
	if len(s.command) == 0 {
		return errors.New("no command: give it after --, as in: cron -- syncctl run --wait")
	}
	path, err := exec.LookPath(s.command[0])
	if err != nil {
		return fmt.Errorf("command: %w", err)
	}
	s.command[0] = path
	return nil
}

func parseAddress(text string) (address, error) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return address{}, err
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return address{}, fmt.Errorf("address %s: the port must be a number from 1 to 65535", text)
	}
	return address{host, port}, nil
}

// parseZone accepts a name of the time zone database, with or without the leading
// colon that TZ may have. It does not accept the C library's rules, such as CET-1CEST.
func parseZone(name string) (*time.Location, error) {
	name = strings.TrimPrefix(name, ":")
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone, such as UTC or Europe/Berlin", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%w; give a name such as UTC or Europe/Berlin", err)
	}
	return zone, nil
}

func parseSchedule(spec string) (cron.Schedule, error) {
	// The parser panics if there is no space after the zone.
	if (strings.HasPrefix(spec, "TZ=") || strings.HasPrefix(spec, "CRON_TZ=")) && !strings.Contains(spec, " ") {
		return nil, errors.New("there is no schedule after the zone")
	}
	schedule, err := cron.ParseStandard(spec)
	if fields, ok := schedule.(*cron.SpecSchedule); ok {
		return gapless{fields}, err
	}
	return schedule, err
}

func parseDuration(text string, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, err
	}
	if d < 0 || d > most {
		return 0, fmt.Errorf("is %v, must be from 0 to %v", d, most)
	}
	return d, nil
}

// child gives the command, which writes to stdout and stderr.
func (s settings) child(stdout, stderr io.Writer, log *slog.Logger) child {
	return child{command: s.command, stdout: stdout, stderr: stderr, deadline: s.deadline, grace: s.grace, log: log}
}
