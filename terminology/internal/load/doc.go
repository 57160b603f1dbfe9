// Package load measures terminology as its callers meet it: the program from its
// start until it is ready, and calls over gRPC. It holds benchmarks only.
package load
