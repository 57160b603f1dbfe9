package stack

import (
	"errors"
	"testing"
)

func TestAPortThatWasTakenInBetweenIsTriedOnOthersAFixedOneIsNot(t *testing.T) {
	inUse := errors.New("listen tcp: bind: address already in use")
	for _, tt := range []struct {
		name, listen, metrics string
		fails, want           int
		err                   error
	}{
		{"taken once", "", "", 1, 2, inUse},
		{"taken again and again", "", "", 10, portTries, inUse},
		{"fixed addresses", "127.0.0.1:9101", "127.0.0.1:9201", 10, 1, inUse},
		{"a fixed address, and metrics on a free one", "127.0.0.1:9101", "", 1, 2, inUse},
		{"another failure", "", "", 10, 1, errors.New("no release")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			starts := 0
			err := onPorts(tt.listen, tt.metrics, func(string, string) error {
				if starts++; starts <= tt.fails {
					return tt.err
				}
				return nil
			})
			if starts != tt.want || (err == nil) != (tt.fails < tt.want) {
				t.Errorf("%d starts, %v; want %d", starts, err, tt.want)
			}
		})
	}
}
