// Package rules holds the tests of the repository's own order: who may import
// whom, and whether the documents agree with the repository. It has no code.
package rules
