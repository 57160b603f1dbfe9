// Package daemon is the command line that both services have: -f FILE,
// -check-config, -health and -version, and what a service adds to them.
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

// Configuration is a service's. Operations says where its metrics and health are.
type Configuration interface {
	Operations() service.DevServerConfig
}

// Main reads the configuration into a C and runs the service with it, and ends
// the process: with 0 when run returned no error, 1 for a faulty configuration
// or an error of run, which it prints, and 2 for wrong usage. configFile is
// where the configuration is unless -f says otherwise. An action's flag takes the
// place of running.
func Main[C Configuration](name, configFile string, run func(C) error, own ...Action) {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr, name, configFile, run, own...))
}

func execute[C Configuration](args []string, stdout, stderr io.Writer, name, configFile string, run func(C) error, own ...Action) int {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("f", configFile, "configuration `file`")
	check := flags.Bool("check-config", false, "check the configuration file and end")
	ask := flags.Bool("health", false, "ask the service that runs here with this configuration for its health and end: 0 ready, 1 not")
	show := flags.Bool("version", false, "print the version and end")
	instead := actions{known: own}
	instead.register(flags)
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "%s: takes flags only, see %s -h\n", name, name)
		return 2
	}
	if *show {
		fmt.Fprintln(stdout, name, version.String())
		return 0
	}
	if action, value, ok := instead.asked(flags); ok {
		return action.Run(value, stdout, stderr)
	}
	var c C
	err := configfile.Load(*file, &c)
	switch {
	case err != nil:
	case *check:
		fmt.Fprintf(stdout, "%s: ok\n", *file)
	case *ask:
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
