package retrieval

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/demo/benchdata"
)

// server is one PostgreSQL for all languages.
var server *localserver.Postgres

func startServer(ctx context.Context) (err error) {
	if server != nil {
		return nil
	}
	// One core for the server too, as for the others.
	server, err = localserver.StartPostgres(ctx, localserver.PostgresOptions{Settings: map[string]string{
		"max_parallel_workers_per_gather": "0", "max_parallel_maintenance_workers": "0", "maintenance_work_mem": "256MB",
	}})
	return err
}

func stopServer() error {
	if server == nil {
		return nil
	}
	return server.Stop()
}

// trgm is a table with a GIN index over the trigrams of its names, asked by one
// connection.
type trgm struct {
	conn *pgx.Conn
	name string
}

func newTrgm(language, _ string, names []benchdata.Name) (index, error) {
	ctx := context.Background()
	if err := startServer(ctx); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return nil, err
	}
	x := &trgm{conn, "names_" + language}
	for _, statement := range []string{
		"CREATE EXTENSION IF NOT EXISTS pg_trgm",
		"DROP TABLE IF EXISTS " + x.name,
		"CREATE TABLE " + x.name + " (name text NOT NULL, pt text NOT NULL)",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return nil, errors.Join(err, x.close())
		}
	}
	_, err = conn.CopyFrom(ctx, pgx.Identifier{x.name}, []string{"name", "pt"}, pgx.CopyFromSlice(len(names), func(i int) ([]any, error) {
		return []any{names[i].Text, names[i].PT}, nil
	}))
	if err != nil {
		return nil, errors.Join(err, x.close())
	}
	for _, statement := range []string{
		"CREATE INDEX ON " + x.name + " USING gin (name gin_trgm_ops)",
		"VACUUM ANALYZE " + x.name,
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return nil, errors.Join(err, x.close())
		}
	}
	return x, nil
}

func (x *trgm) search(verbatim string) ([]string, error) {
	rows, err := x.conn.Query(context.Background(),
		"SELECT pt FROM "+x.name+" WHERE name % $1 ORDER BY similarity(name, $1) DESC LIMIT $2", verbatim, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (x *trgm) size() (n int64, err error) {
	err = x.conn.QueryRow(context.Background(), "SELECT pg_total_relation_size($1::regclass)", x.name).Scan(&n)
	return n, err
}

// processor is the time in ns that the connection's process has used; 0 where
// Linux does not tell.
func (x *trgm) processor() (ns int64) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", x.conn.PgConn().PID()))
	if err != nil {
		return 0
	}
	_, _ = fmt.Sscan(string(stat), &ns) // the first number
	return ns
}

func (x *trgm) close() error { return x.conn.Close(context.Background()) }
