// Package nightly brings every report of a business day through the coder.
//
// A run is a business date with a scope. Each pass of it fixes its members and
// the versions that decide, and is cut into chunks. An [Engine] in every
// replica leases chunks from the database, codes their distinct verbatims with
// bounded concurrency, commits the results of a chunk in one transaction, and
// only then completes the idempotency records.
//
// # What holds whatever fails
//
// The database is the only authority: a lease is checked by the transaction
// that writes, so an owner that lost its chunk writes nothing, and a chunk may
// be worked again from any instant without harm. The idempotency records save
// work, they prove nothing; where they cannot be reached no work is taken.
//
// Every lease, cutoff and deadline is measured on the database's clock. The
// engine's own clock only measures durations.
//
// When terminology, the idempotency records or the database stay away, a pass
// is paused rather than failed report by report: what was answered is
// committed, the rest is given back, and one probe at a time asks whether work
// can go on. Past the outage budget or the pass's deadline it ends PARTIAL,
// and what was left is counted by its reason.
//
// A panic while a chunk is worked on is contained: the items at fault are found
// by halving and left, the others are coded. Results that the database refuses
// are found in the same way.
//
// Goroutines and memory depend on the configuration alone, neither on the
// number of reports nor on how slow anything is.
//
// # Who retries
//
// Each of the engine's three dependencies retries what it knows to be transient,
// by itself and bounded: the store, the client of terminology, the claims. The
// engine does not try a failed call again; it decides whether the pass waits. It
// asks twice in two cases only, where the answer itself is missing: a database
// that was too slow for a question's deadline, and a commit whose outcome is not
// known.
//
// The package knows neither gRPC nor SQL nor Redis commands: [Store], [Coder]
// and [Claims] are its ports.
package nightly
