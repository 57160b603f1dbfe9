// Package run holds the words of the nightly run that the engine, the store, the
// client of terminology, the claims and the metrics share: pass, chunk, item,
// result, answer, claim state, scope, failure class.
//
// It is the ground floor of data-sync beside package report: it knows no
// database, no transport and no engine, and every other package may import it.
package run
