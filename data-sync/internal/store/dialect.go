package store

import (
	"fmt"
	"strings"
)

// dialect holds everything in which the database engines differ. Statements are
// otherwise written in the SQL that SQLite and PostgreSQL share, with $1
// parameters.
type dialect struct {
	// now is an expression for the database's clock in unix milliseconds.
	now string
	// skipLocked ends the sub-select that picks a chunk, where writers are
	// concurrent.
	skipLocked string
	// forUpdate ends a select of reports (alias r) that are about to be written,
	// where writers are concurrent.
	forUpdate string
	// forUpdateRow does the same for a select of one table.
	forUpdateRow string
	// groupRows and groupParams bound one multi-row INSERT. SQLite is at its
	// fastest with some fifty rows, measured; PostgreSQL wants few round trips.
	groupRows, groupParams int
	// watchedDeadlines: the driver starts a goroutine for each statement with a
	// deadline, and a statement cannot hang but on the disk, which no deadline
	// interrupts.
	watchedDeadlines bool
	// insertParam is the i-th parameter, from 1, of a multi-row INSERT.
	insertParam func(i int) string
	// element gives the i-th value of a JSON array row as kind.
	element func(i int, kind string) string
	// each is the table expression that yields a JSON array's elements as
	// "value", from the parameter given.
	each func(param string) string
	// migrations is the folder of this engine's migrations.
	migrations string
}

var sqlite = dialect{
	// unixepoch('subsec') is a binary fraction: rounding keeps the millisecond.
	now:       "CAST(round(unixepoch('subsec') * 1000) AS INTEGER)",
	groupRows: 50, groupParams: 2000,
	watchedDeadlines: true,
	// SQLite looks a named parameter up by walking a list of them all, at each
	// binding: unnamed ones keep a wide statement linear.
	insertParam: func(int) string { return "?" },
	// SQLite's JSON knows by itself what is a number.
	element:    func(i int, _ string) string { return fmt.Sprintf("value ->> %d", i) },
	each:       func(param string) string { return "json_each(" + param + ")" },
	migrations: "migrations/sqlite",
}

// rows is a table expression over one JSON parameter, an array of narrow
// arrays, for looking many keys up in one round trip. Columns are "name" or
// "name:int". The result needs an alias.
func (d dialect) rows(param string, columns ...string) string {
	var b strings.Builder
	b.WriteString("(SELECT ")
	for i, c := range columns {
		name, kind, ok := strings.Cut(c, ":")
		if !ok {
			kind = "text"
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(d.element(i, kind))
		b.WriteString(" AS ")
		b.WriteString(name)
	}
	b.WriteString(" FROM ")
	b.WriteString(d.each(param))
	b.WriteString(")")
	return b.String()
}

// ids is a sub-select of the ids in one JSON parameter made by keys.addID.
func (d dialect) ids(param string) string {
	return "(SELECT j.id FROM " + d.rows(param, "id:int") + " AS j)"
}

// insert is a multi-row INSERT: head up to VALUES, n rows of width, tail.
func (d dialect) insert(head string, width, n int, tail string) string {
	var b strings.Builder
	b.Grow(len(head) + len(tail) + n*width*6)
	b.WriteString(head)
	b.WriteString(" VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		for k := range width {
			if k == 0 {
				b.WriteByte('(')
			} else {
				b.WriteByte(',')
			}
			b.WriteString(d.insertParam(i*width + k + 1))
		}
		b.WriteByte(')')
	}
	b.WriteByte(' ')
	b.WriteString(tail)
	return b.String()
}
