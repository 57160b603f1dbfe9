package rpcserver

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// go-zero starts some goroutines at import.
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}
