// Package rules holds the tests of the repository's own order that no linter can
// state: with which tags it is built, how packages are called, what git may track,
// whether the documents agree with the repository, what CI and make print. Who may
// import whom is in .golangci.yml (depguard). It has no code.
package rules
