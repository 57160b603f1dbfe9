package configfile

import (
	"testing"

	"go.uber.org/goleak"
)

// go-zero starts goroutines at import.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }
