// Package bench compares common/retry with the retry libraries that a Go
// service would otherwise use. It is a module of its own, so that they do not
// become dependencies of the services. See README.md.
package bench
