// Package meddra reads a dictionary release in MedDRA's ASCII distribution
// format, validates it as a whole and returns an immutable model of it.
//
// A release is one folder of `$`-separated .asc files (llt.asc, pt.asc,
// mdhier.asc, ...) in one language. Nothing of a release is visible before all of it
// has been read and checked. A faulty release is refused with a [ValidationError] that
// names file, line and reason, so that a caller can continue to serve the release that
// it has. A deviation that a real release may have, and that cannot lead to a wrong
// code, is a warning on the loaded [Release].
//
// The format is that of the "MedDRA Distribution File Format Document" published
// by the MedDRA MSSO. The package holds no dictionary content.
package meddra
