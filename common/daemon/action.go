package daemon

import (
	"flag"
	"io"
)

// Action is a flag of one service that does something other than run the
// service. It needs no configuration.
type Action struct {
	// Flag is the flag's name and Usage its help text. A `word` in backquotes in
	// Usage names the flag's value.
	Flag, Usage string
	// Run gets the flag's value and returns the exit code of the process: 0 done,
	// 1 failed, 2 wrong usage.
	Run func(value string, stdout, stderr io.Writer) int
}

// actions are a service's actions and the values given for their flags, at the
// same places.
type actions struct {
	known  []Action
	values []*string
}

func (a *actions) register(flags *flag.FlagSet) {
	for _, action := range a.known {
		a.values = append(a.values, flags.String(action.Flag, "", action.Usage))
	}
}

// given returns the action whose flag is on the command line, and its value. Of
// several it returns the first in alphabetical order.
func (a *actions) given(flags *flag.FlagSet) (action Action, value string, ok bool) {
	flags.Visit(func(f *flag.Flag) {
		for i, known := range a.known {
			if !ok && known.Flag == f.Name {
				action, value, ok = known, *a.values[i], true
			}
		}
	})
	return action, value, ok
}
