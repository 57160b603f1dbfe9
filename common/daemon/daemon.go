// Package daemon is the command line of both services: -f FILE, -check-config,
// -health and -version, and the actions that a service adds.
package daemon

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/zeromicro/go-zero/core/service"

	"aecode/common/configfile"
	"aecode/common/version"
)

// Configuration is the configuration of a service. Operations returns the
// address and the paths of its metrics and its health.
type Configuration interface {
	Operations() service.DevServerConfig
}

// Main reads the configuration file into a C, calls run with it, and ends the
// process: with exit code 0 if run returned no error, 1 for a faulty
// configuration or an error of run, and 2 for wrong usage. It prints errors to
// standard error. configFile is the default of -f. If the flag of an action is
// given, Main runs the action and does not call run.
func Main[C Configuration](name, configFile string, run func(C) error, own ...Action) {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr, name, configFile, run, own...))
}

// execute does what Main does and returns the exit code.
func execute[C Configuration](args []string, stdout, stderr io.Writer, name, configFile string, run func(C) error, own ...Action) int {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("f", configFile, "configuration `file`")
	check := flags.Bool("check-config", false, "check the configuration file and exit")
	askHealth := flags.Bool("health", false, "ask the service that runs on this host with this configuration whether it is ready, and exit: 0 ready, 1 not ready")
	showVersion := flags.Bool("version", false, "print the version and exit")
	actions := actions{known: own}
	actions.register(flags)
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "%s: unexpected argument %q: only flags are accepted, see %s -h\n", name, flags.Arg(0), name)
		return 2
	}
	if *showVersion {
		fmt.Fprintln(stdout, name, version.String())
		return 0
	}
	if action, value, ok := actions.given(flags); ok {
		return action.Run(value, stdout, stderr)
	}
	var c C
	err := configfile.Load(*file, &c)
	switch {
	case err != nil:
	case *check:
		fmt.Fprintf(stdout, "%s: ok\n", *file)
	case *askHealth:
		err = health(c.Operations(), stdout)
	default:
		err = run(c)
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}
