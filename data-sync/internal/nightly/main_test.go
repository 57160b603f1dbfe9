package nightly_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain ends the server that tests share before it looks for goroutines left
// behind.
func TestMain(m *testing.M) {
	atImport := goleak.IgnoreCurrent() // go-zero starts goroutines when it is imported
	code := m.Run()
	if err := stopPostgres(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if code == 0 {
		if err := goleak.Find(atImport); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}
