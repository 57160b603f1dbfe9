package retrieval

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"aecode/deploy/dev/demo/benchdata"
)

// fts5 is a full-text table over the trigrams of its names. A query asks for any
// of the verbatim's; bm25 orders what comes.
type fts5 struct {
	db   *sql.DB
	find *sql.Stmt
}

func newFTS5(_, dir string, names []benchdata.Name) (index, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "names.sqlite"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	x := &fts5{db: db}
	if err = x.fill(names); err == nil {
		x.find, err = db.Prepare("SELECT pt FROM names WHERE names MATCH ? ORDER BY rank LIMIT ?")
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return x, nil
}

func (x *fts5) fill(names []benchdata.Name) error {
	if _, err := x.db.Exec("CREATE VIRTUAL TABLE names USING fts5(name, pt UNINDEXED, tokenize='trigram')"); err != nil {
		return err
	}
	tx, err := x.db.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	insert, err := tx.Prepare("INSERT INTO names (name, pt) VALUES (?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, n := range names {
		if _, err := insert.Exec(n.Text, n.PT); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("INSERT INTO names (names) VALUES ('optimize')"); err != nil {
		return err
	}
	return tx.Commit()
}

func (x *fts5) search(verbatim string) ([]string, error) {
	match := trigrams(verbatim)
	if match == "" {
		return nil, nil
	}
	rows, err := x.find.Query(match, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var pts []string
	for rows.Next() {
		var pt string
		if err := rows.Scan(&pt); err != nil {
			return nil, err
		}
		pts = append(pts, pt)
	}
	return pts, rows.Err()
}

// trigrams writes a verbatim as a query for any of its trigrams.
func trigrams(verbatim string) string {
	runes := []rune(strings.ToLower(verbatim))
	var all []string
	for i := 0; i+3 <= len(runes); i++ {
		quoted := `"` + strings.ReplaceAll(string(runes[i:i+3]), `"`, `""`) + `"`
		if !slices.Contains(all, quoted) {
			all = append(all, quoted)
		}
	}
	return strings.Join(all, " OR ")
}

func (x *fts5) close() error { return errors.Join(x.find.Close(), x.db.Close()) }
