package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
	"aecode/deploy/dev/local/stack"
)

// The repository, from this package's folder.
const root = "../../.."

// engine is a database that the real programs have filled, of which each test
// takes a copy.
type engine struct {
	driver string
	// copied gives a copy's -db argument and data source.
	copied func(t *testing.T) (where, source string)
	inputs []string
	// rows are the distinct ones in inputs.
	rows int64
}

var built struct {
	once sync.Once
	bin  string
	err  error
}

// programs is the folder of the programs, which are built once; TestMain removes
// it.
func programs(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.bin, built.err = os.MkdirTemp("", "aecode-verify-test-"); built.err != nil {
			return
		}
		build := exec.Command("go", "build", "-trimpath", "-o", built.bin+string(filepath.Separator),
			"./terminology", "./data-sync", "./data-sync/cmd/syncctl")
		build.Dir = root
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, said)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.bin
}

// filled runs both services and syncctl on the inputs.
func filled(t *testing.T, opts stack.Options) (inputs []string, rows int64) {
	t.Helper()
	bin := programs(t)
	demo, err := filepath.Abs(filepath.Join(root, "deploy/demo"))
	if err != nil {
		t.Fatal(err)
	}
	opts.Bin, opts.Root = bin, root
	opts.Release, opts.Synonyms = filepath.Join(demo, "release/ctcae-5.0"), filepath.Join(demo, "synonyms.csv")
	running, err := stack.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	syncctl := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "syncctl"), args...)
		cmd.Env = append(os.Environ(), "SYNCCTL_SERVER="+running.DataSyncAddr)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("syncctl %v: %v\n%s", args, err, said)
		}
	}
	inputs, rows = []string{filepath.Join(demo, "reports/statin_ae.csv")}, 596
	for name, make := range map[string]func() ([]byte, int64){
		"odd.csv": oddCSV, "odd.ndjson": oddNDJSON, "chinese.csv": chineseCSV, "changed.csv": changedCSV,
	} {
		content, n := make()
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		inputs, rows = append(inputs, path), rows+n
	}
	for _, path := range inputs {
		syncctl("import", path, "--id", "USUBJID,AESEQ")
	}
	syncctl("run", "--wait")
	return inputs, rows
}

func onSQLite(t *testing.T) engine {
	t.Helper()
	out := t.TempDir()
	e := engine{driver: "sqlite"}
	e.inputs, e.rows = filled(t, stack.Options{Out: out})
	e.copied = func(t *testing.T) (where, source string) {
		content, err := os.ReadFile(filepath.Join(out, "aecode.db"))
		if err != nil {
			t.Fatal(err)
		}
		where = filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(where, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return where, where
	}
	return e
}

func onPostgres(t *testing.T) engine {
	t.Helper()
	ctx := t.Context()
	server, err := localserver.StartPostgres(ctx, localserver.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	redis, err := localserver.StartRedis(ctx, localserver.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := redis.Stop(); err != nil {
			t.Error(err)
		}
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := server.CreateDatabase(ctx, "aecode_filled", ""); err != nil {
		t.Fatal(err)
	}
	e := engine{driver: "pgx"}
	e.inputs, e.rows = filled(t, stack.Options{Out: t.TempDir(), Postgres: server.URL("aecode_filled"), Redis: []string{redis.Addr()}})
	copies := 0
	e.copied = func(t *testing.T) (where, source string) {
		copies++
		name := fmt.Sprintf("copy_%d", copies)
		if err := server.CreateDatabase(t.Context(), name, "aecode_filled"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			// The test's own context has ended by now.
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := server.DropDatabase(ctx, name); err != nil {
				t.Error(err)
			}
		})
		return server.URL(name), server.URL(name)
	}
	return e
}

// place is a copy of an engine's database, to plant faults in.
type place struct {
	engine
	where string
	db    *sql.DB
}

func (e engine) place(t *testing.T) *place {
	t.Helper()
	where, source := e.copied(t)
	db, err := sql.Open(e.driver, source)
	if err != nil {
		t.Fatal(err)
	}
	// One connection: what is switched off for a session stays so.
	db.SetMaxOpenConns(1)
	p := &place{engine: e, where: where, db: db}
	t.Cleanup(func() { db.Close() })
	if e.driver == "pgx" {
		p.do(t, "SET session_replication_role = replica") // no triggers, no foreign keys
	}
	return p
}

func (p *place) do(t *testing.T, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := p.db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func (p *place) number(t *testing.T, query string) (n int64) {
	t.Helper()
	if err := p.db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// counted is what the program said.
type counted struct {
	code                                   int
	in, coded, review, left, lost, doubled int64
	stdout, stderr                         string
}

var line = regexp.MustCompile(`^in=(\d+) coded=(\d+) review=(\d+) left=(\d+) lost=(\d+) doubled=(\d+)\n$`)

// verify closes the copy and counts it.
func (p *place) verify(t *testing.T, args ...string) counted {
	t.Helper()
	if err := p.db.Close(); err != nil {
		t.Fatal(err)
	}
	return verified(t, append(append([]string{"-db", p.where, "-id", "USUBJID,AESEQ"}, p.inputs...), args...)...)
}

func verified(t *testing.T, args ...string) counted {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := counted{code: run(t.Context(), args, &stdout, &stderr)}
	c.stdout, c.stderr = stdout.String(), stderr.String()
	if m := line.FindStringSubmatch(c.stdout); m != nil {
		for i, into := range []*int64{&c.in, &c.coded, &c.review, &c.left, &c.lost, &c.doubled} {
			*into, _ = strconv.ParseInt(m[i+1], 10, 64)
		}
	} else if c.code != exitUnreadable && !strings.HasPrefix(c.stdout, "{") {
		t.Fatalf("code %d, %q\n%s", c.code, c.stdout, c.stderr)
	}
	return c
}
