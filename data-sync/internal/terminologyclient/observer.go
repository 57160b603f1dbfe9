package terminologyclient

import "time"

// Observer receives what is worth counting. It must be safe for concurrent
// use.
type Observer interface {
	// Attempt is one call of EncodeTerms or ListReleases that ended: its gRPC
	// code ("OK" on success), the items it carried, how long it took.
	Attempt(code string, items int, took time.Duration)
	// Retry is one decision after a failed try: a retry.Reason's name, and the
	// items concerned.
	Retry(reason string, items int)
	// BatchSize is the size that the next batch will have.
	BatchSize(n int)
}

type unobserved struct{}

func (unobserved) Attempt(string, int, time.Duration) {}
func (unobserved) Retry(string, int)                  {}
func (unobserved) BatchSize(int)                      {}
