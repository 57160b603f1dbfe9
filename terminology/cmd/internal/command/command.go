// Package command is what the commands evaluate and train share: how they parse
// their flags and end with an exit code, and the input that they load, a release
// and a gold file.
package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// The exit codes.
const (
	OK     = 0 // the work is done, or the help was printed
	Failed = 1 // an input is faulty, or an output cannot be written
	Usage  = 2 // the command line is wrong
)

// Run parses the command line into options, does the work with them, and returns
// the exit code. Help goes to stdout. An error goes to stderr after the name of
// the command.
func Run[O any](name string, args []string, stdout, stderr io.Writer,
	parse func(args []string, stdout io.Writer) (O, error), work func(O, io.Writer) error,
) int {
	o, err := parse(args, stdout)
	if errors.Is(err, flag.ErrHelp) {
		return OK
	}
	code := Usage
	if err == nil {
		if err = work(o, stdout); err == nil {
			return OK
		}
		code = Failed
	}
	fmt.Fprintf(stderr, "%s: %v\n", name, err)
	return code
}

// Parse parses the flags of a command that takes nothing else. If help is asked
// for, it prints the usage and the flags to stdout and returns [flag.ErrHelp].
func Parse(flags *flag.FlagSet, args []string, usage string, stdout io.Writer) error {
	flags.SetOutput(io.Discard) // Run prints the error
	flags.Usage = func() {}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		return err
	case err != nil:
		return err
	case flags.NArg() > 0:
		return fmt.Errorf("%q belongs to no flag; -h explains", flags.Arg(0))
	}
	return nil
}
