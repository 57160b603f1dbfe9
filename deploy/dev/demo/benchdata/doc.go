// Package benchdata gives measurements their release and verbatims, and says in
// one way how long calls took and how right the answers were, so that figures of
// different engines stand beside each other.
//
// The release and the verbatims are the files that AECODE_BENCH_RELEASE, a version
// folder, and AECODE_BENCH_QUERIES name, as genmeddra writes them. Where neither
// is set they are composed in the process: the same, only some seconds later.
package benchdata
