// Package rules holds the tests of the repository's own order: who may import
// whom. It has no code.
package rules
