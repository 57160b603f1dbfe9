//go:build !faults

package faultinject

import "aecode/data-sync/internal/nightly"

// Wrap returns its arguments: this build injects no faults.
func Wrap(s nightly.Store, t nightly.Coder, c nightly.Claims) (nightly.Store, nightly.Coder, nightly.Claims) {
	return s, t, c
}
