// Package rules holds the tests of the repository's own order: who may import
// whom, with which tags it is built, and what git may track. It has no code.
package rules
