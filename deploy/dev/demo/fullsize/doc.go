// Package fullsize composes a release of the size of MedDRA 29.0, in English and
// Chinese, for tests and measurements of what a licensed release would do. It
// holds no dictionary content: its names are put together from word lists written
// for it, sites with findings, analytes with results, organisms with infections,
// and its codes begin with 9, as no code of MedDRA does.
//
// What decides a coder's work is like the real thing: how many terms there are on
// each level and paths between them, names of one to eight words that share theirs
// with thousands of others, LLTs that say their PT in another way, non-current
// ones, and Chinese names that several LLTs share.
//
// The same seed and size give the same bytes.
package fullsize
