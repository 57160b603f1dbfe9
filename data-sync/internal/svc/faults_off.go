//go:build !faults

package svc

import "aecode/data-sync/internal/nightly"

// withFaults is where a build with the tag faults dies on demand. This one does
// not know how.
func withFaults(s nightly.Store, t nightly.Coder, c nightly.Claims) (nightly.Store, nightly.Coder, nightly.Claims) {
	return s, t, c
}
