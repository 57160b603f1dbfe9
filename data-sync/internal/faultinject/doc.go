// Package faultinject lets a build with the tag faults kill its own process in the
// middle of a chunk's work, or run with a wrong clock. Tests of whole processes
// use such builds. In every other build it does nothing.
package faultinject
