// Package retrieval compares the coder's ranked suggestions with the search
// engines that a Go service would otherwise use: bleve, pg_trgm of PostgreSQL and
// FTS5 of SQLite, on the same names and verbatims. See ../README.md.
package retrieval
