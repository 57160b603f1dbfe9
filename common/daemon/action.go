package daemon

import (
	"flag"
	"io"
)

// Action is a flag of one service that does something else than run it, without
// a configuration.
type Action struct {
	// Flag is its name, and Usage what -h says of it; a `word` in backquotes
	// names its value.
	Flag, Usage string
	// Run is given the flag's value. What it returns is the exit code: 0 done, 1
	// failed, 2 wrong usage.
	Run func(value string, stdout, stderr io.Writer) int
}

// actions are the flags of a service's own, as they were given.
type actions struct {
	known []Action
	given []*string
}

func (a *actions) register(flags *flag.FlagSet) {
	for _, action := range a.known {
		a.given = append(a.given, flags.String(action.Flag, "", action.Usage))
	}
}

// asked gives the one whose flag is set, if any.
func (a *actions) asked(flags *flag.FlagSet) (action Action, value string, ok bool) {
	flags.Visit(func(f *flag.Flag) {
		for i, known := range a.known {
			if !ok && known.Flag == f.Name {
				action, value, ok = known, *a.given[i], true
			}
		}
	})
	return action, value, ok
}
