package store

import (
	"fmt"
	"strings"
)

// dialect holds everything in which the database engines differ. Statements are
// otherwise written in the SQL that SQLite and PostgreSQL share, with $1
// parameters.
type dialect struct {
	// clock reads the database's clock in unix milliseconds and, where an
	// outcome can be asked by it later, the transaction's id, else ''. peek reads
	// the clock alone.
	clock, peek string
	// skipLocked ends the sub-select that picks a chunk, where writers are
	// concurrent.
	skipLocked string
	// lockReports ends a select of reports (alias r) that are about to be
	// written, in the order in which every writer locks them.
	lockReports string
	// lockRow ends a select of one row that is about to be written.
	lockRow string
	// arrays: rows travel as one array parameter a column, in one statement
	// whose text never changes. Otherwise they are multi-row INSERTs of
	// groupRows rows and groupParams parameters at most, and JSON.
	arrays bool
	// SQLite is at its fastest with some fifty rows a statement, measured.
	groupRows, groupParams int
	// watchedDeadlines: the driver starts a goroutine for each statement with a
	// deadline, and a statement cannot hang but on the disk, which no deadline
	// interrupts.
	watchedDeadlines bool
	// lock takes an advisory lock until the transaction ends; empty where there
	// is one writer anyway.
	lock string
	// lengthen gives the transaction's statements more time, in milliseconds, on
	// the server; empty where only the client counts.
	lengthen string
	// byIndex follows a table's name and holds the planner to the index that %s
	// stands for; empty where the planner knows how large each is.
	byIndex string
	// migrations is the folder of this engine's migrations.
	migrations string
}

var sqlite = dialect{
	// unixepoch('subsec') is a binary fraction: rounding keeps the millisecond.
	clock:     "SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER), ''",
	peek:      "SELECT CAST(round(unixepoch('subsec') * 1000) AS INTEGER)",
	groupRows: 50, groupParams: 2000,
	watchedDeadlines: true,
	byIndex:          " INDEXED BY %s",
	migrations:       "migrations/sqlite",
}

var postgres = dialect{
	// now() would stand still at the transaction's begin, and wait with it.
	clock:       "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint, pg_current_xact_id()::text",
	peek:        "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint",
	skipLocked:  " FOR NO KEY UPDATE SKIP LOCKED",
	lockReports: " ORDER BY r.id FOR NO KEY UPDATE OF r",
	lockRow:     " FOR NO KEY UPDATE",
	arrays:      true,
	lock:        "SELECT pg_advisory_xact_lock($1, $2)",
	lengthen:    "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)",
	migrations:  "migrations/postgres",
}

// in is the condition that expr is one of the ids in the parameter that
// dialect.ids made.
func (d dialect) in(expr, param string) string {
	if d.arrays {
		return expr + " = ANY(" + param + "::bigint[])"
	}
	return expr + " IN (SELECT value FROM json_each(" + param + "))"
}

// column is one value of the rows that a statement brings along.
type column struct {
	name string
	// kind is bigint, text, bytea, double precision, or nullable bigint.
	kind string
}

const nullableBigint = "nullable bigint"

// columns reads "name kind, name kind".
func columns(spec string) []column {
	var list []column
	for part := range strings.SplitSeq(spec, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(part), " ")
		list = append(list, column{name: name, kind: kind})
	}
	return list
}

func (c column) array() string { return strings.TrimPrefix(c.kind, "nullable ") + "[]" }

func names(list []column) string {
	var b strings.Builder
	for i, c := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.name)
	}
	return b.String()
}

// unnest is the table j of rows given as array parameters from $first on.
func unnest(list []column, first int) string {
	var b strings.Builder
	b.WriteString("unnest(")
	for i, c := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d::%s", first+i, c.array())
	}
	b.WriteString(") AS j (")
	b.WriteString(names(list))
	b.WriteString(")")
	return b.String()
}

// keyRows is the table j of keys, all texts, from the parameters of keys.args,
// $first on.
func (d dialect) keyRows(list []column, first int) string {
	if d.arrays {
		return unnest(list, first)
	}
	var b strings.Builder
	b.WriteString("(SELECT ")
	for i, c := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "value ->> %d AS %s", i, c.name)
	}
	fmt.Fprintf(&b, " FROM json_each($%d)) AS j", first)
	return b.String()
}

// insertion is an INSERT of many rows.
type insertion struct {
	table   string
	columns []column
	// tail is what follows the rows: ON CONFLICT, RETURNING.
	tail string
}

// values is the statement for n rows with unnamed parameters: SQLite looks a
// named one up by walking a list of them all, at each binding.
func (i insertion) values(n int) string {
	row := "(?" + strings.Repeat(",?", len(i.columns)-1) + ")"
	return i.head() + " VALUES " + row + strings.Repeat(","+row, n-1) + " " + i.tail
}

// unnest is the statement for any number of rows.
func (i insertion) unnest() string {
	return i.head() + " SELECT " + names(i.columns) + " FROM " + unnest(i.columns, 1) + " " + i.tail
}

func (i insertion) head() string { return "INSERT INTO " + i.table + " (" + names(i.columns) + ")" }

// change is an UPDATE of many rows, each to values of its own.
type change struct {
	table   string
	columns []column
	// set and where name the new values as j.name.
	set, where string
}

// one is the statement for a single row.
func (c change) one() string {
	var b strings.Builder
	b.WriteString("(SELECT ")
	for i, col := range c.columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("? AS ")
		b.WriteString(col.name)
	}
	b.WriteString(") AS j")
	return c.from(b.String())
}

// unnest is the statement for any number of rows.
func (c change) unnest() string { return c.from(unnest(c.columns, 1)) }

func (c change) from(rows string) string {
	return "UPDATE " + c.table + " SET " + c.set + " FROM " + rows + " WHERE " + c.where
}
