package main

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"

	"aecode/deploy/dev/local/stack"
	"aecode/proto/datasync"
	"aecode/proto/terminology"
)

// mark is in every planted verbatim, in no dictionary and in nothing that the
// system says by itself.
const mark = "zqvxsentinel"

// planted makes the verbatims of this test.
type planted struct{ all []string }

func (p *planted) add(text string) string {
	p.all = append(p.all, text)
	return text
}

func (p *planted) word(what string) string { return p.add(what + " " + mark + fmt.Sprint(len(p.all))) }

// find says which verbatim a text shows, if any: in any case, in base64, or as a
// plain hash, which for a common wording is as good as the wording.
func (p *planted) find(text string) string {
	lower := strings.ToLower(text)
	if i := strings.Index(lower, mark); i >= 0 {
		return "a verbatim: ..." + lower[max(0, i-100):min(len(lower), i+60)] + "..."
	}
	for _, v := range p.all {
		for _, form := range []string{v, strings.ToLower(v)} {
			sha, old, md := sha256.Sum256([]byte(form)), sha1.Sum([]byte(form)), md5.Sum([]byte(form))
			for _, digest := range [][]byte{sha[:], old[:], md[:]} {
				if strings.Contains(lower, hex.EncodeToString(digest)) || strings.Contains(text, string(digest)) ||
					strings.Contains(text, base64.RawURLEncoding.EncodeToString(digest)) || strings.Contains(text, base64.RawStdEncoding.EncodeToString(digest)) {
					return fmt.Sprintf("a plain hash of a verbatim: %q", text)
				}
			}
			if strings.Contains(text, strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(form)), "=")) {
				return fmt.Sprintf("a verbatim in base64: %q", text)
			}
		}
	}
	return ""
}

// leaks holds that a text shows no verbatim.
func (p *planted) leaks(t *testing.T, where, text string) {
	t.Helper()
	if what := p.find(text); what != "" {
		t.Errorf("%s shows %s", where, what)
	}
}

// leaksOfError looks into the message and the details.
func (p *planted) leaksOfError(t *testing.T, where string, err error) {
	t.Helper()
	p.leaks(t, "the error of "+where, fmt.Sprint(err))
	p.leaks(t, "the status of "+where, prototext.Format(status.Convert(err).Proto()))
}

func TestThePrivacySearchFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	p := &planted{}
	v := p.word("Sore")
	sum := sha256.Sum256([]byte(strings.ToLower(v)))
	for _, text := range []string{"x " + v, strings.ToUpper(v), hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString([]byte(v))} {
		if p.find(text) == "" {
			t.Errorf("%q was not found", text)
		}
	}
	if what := p.find("report file/P/1 is in review"); what != "" {
		t.Errorf("found %s where nothing is", what)
	}
}

func TestNoVerbatimLeavesItsNamedColumns(t *testing.T) {
	t.Parallel()
	redis := miniredis.RunT(t)
	config := edited(t, dataSyncConfig, "${DATASYNC_REDIS:-}", redis.Addr())
	s := begun(t, func(o *stack.Options) { o.DataSyncConfig = config })
	p := &planted{}

	s.plantByImport(t, p)
	s.plantByCall(t, p)
	got := s.syncctl(t, "run", "--wait")
	p.leaks(t, "syncctl run", got.stdout+got.stderr)
	if got.code != 0 {
		t.Fatalf("run: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	// While terminology is away: what is left behind is a class.
	s.signal(t, stack.Terminology, 15)
	if err := s.await(t, stack.Terminology, patience); err != nil {
		t.Fatal(err)
	}
	away, err := s.dataSync(t).SyncAEData(soon(t), &datasync.SyncRequest{OriginalTerm: p.word("away")})
	if err != nil || away.GetStatus() != datasync.ReportStatus_PENDING {
		t.Errorf("terminology is away: %v, %v; want PENDING", away, err)
	}
	s.restart(t, stack.Terminology)
	for _, args := range [][]string{{"status"}, {"status", "--all"}, {"reports"}, {"reports", "--status", "REVIEW"}} {
		got := s.mustSyncctl(t, args...)
		p.leaks(t, "syncctl "+strings.Join(args, " "), got.stdout+got.stderr)
	}
	if shown := s.mustSyncctl(t, "reports", "--verbatims"); !strings.Contains(shown.stdout, mark) {
		t.Error("the planted verbatims are nowhere: this test tests nothing")
	}
	p.leaks(t, "/metrics of data-sync", metricsOf(t, s.DataSyncMetrics))
	p.leaks(t, "/metrics of terminology", metricsOf(t, s.TerminologyMetrics))

	db := redis.DB(0)
	if len(db.Keys()) == 0 {
		t.Error("Redis is empty: this test tests nothing of it")
	}
	for _, key := range db.Keys() {
		value, err := db.Get(key)
		if err != nil {
			t.Errorf("Redis key %s is no string: %v", key, err)
		}
		p.leaks(t, "a Redis key", key)
		p.leaks(t, "the Redis record "+key, value)
	}

	s.stop(t)
	for _, name := range []string{stack.DataSync, stack.Terminology} {
		text := readFile(t, filepath.Join(s.out, "log", name+".log"))
		if text == "" {
			t.Errorf("the log of %s is empty", name)
		}
		p.leaks(t, "the log of "+name, text)
	}
	// After a clean end the one file of the database holds everything.
	if _, err := os.Stat(filepath.Join(s.out, "aecode.db-wal")); err == nil {
		t.Error("a write-ahead log is left behind")
	}
	p.searchDatabase(t, s.out)
}

// plantByImport brings verbatims in files: coded, suggested, held for every
// reason, unreadable, refused.
func (s *system) plantByImport(t *testing.T, p *planted) {
	t.Helper()
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	var csv strings.Builder
	csv.WriteString("STUDYID,AESPID,AETERM,AESER,LANG,AENOTE,\n") // the last column has no name: it is volatile
	row := func(id, verbatim, serious, language string) {
		fmt.Fprintf(&csv, "P,%s,%s,%s,%s,%s,%s\n", id, quote(verbatim), serious, language, quote(p.word("a note")), quote(p.word("no name")))
	}
	row("near", p.word("Severe headaches of"), "Y", "")
	row("long", p.word(strings.Repeat("long ", 300)), "N", "")
	row("control", p.word("bell \a"), "N", "")
	row("lines", p.word("first\nsecond"), "N", "")
	row("bytes", p.word("latin \xfc"), "N", "")
	row("nul", p.word("nul \x00"), "N", "")
	row("quotes", p.word(`said "no" and`), "N", "")
	row("sql", p.word(`'); DROP TABLE reports; --`), "N", "")
	row("formula", p.word("=1+1"), "N", "")
	row("zh", p.word("头痛"), "N", "zh")
	row("twice", p.word("one"), "N", "")
	row("twice", p.word("other"), "N", "")
	// Cells that slipped into another column.
	row("slipped", "Nausea", p.word("serious"), p.word("language"))
	row("", p.word("no identity"), "N", "")
	csv.WriteString("P,few," + p.word("too few cells") + "\n")
	csv.WriteString("P,many," + p.word("too many cells") + ",N,,x,y,z\n")
	csv.WriteString(`P,cut,"` + p.word("cut in the"))

	var ndjson strings.Builder
	line := func(v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		ndjson.Write(append(text, '\n'))
	}
	line(map[string]string{"STUDYID": "P", "AESPID": "j1", "AETERM": p.word("json")})
	line(map[string]any{"STUDYID": "P", "AESPID": "j2", "AETERM": map[string]string{"en": p.word("nested")}})
	line(map[string]string{"STUDYID": "P", "AETERM": p.word("json without identity")})
	ndjson.WriteString(`{"STUDYID":"P","AESPID":"j3","AETERM":"` + p.word("json cut"))

	// Files that are refused whole.
	for name, content := range map[string]string{
		"ae.csv": csv.String(), "ae.ndjson": ndjson.String(),
		"noheader.csv":  "P,1," + p.word("no header") + "\nP,2,Nausea\n",
		"separator.csv": "STUDYID;AESPID;AETERM\nP;1;" + p.word("semicolon") + "\n",
		"quote.csv":     `"` + p.word("open quote"),
		"keys.ndjson":   `{"` + p.word("key") + `":"` + p.word("value") + `"}` + "\n",
	} {
		got := s.syncctl(t, "import", writeFile(t, filepath.Join(t.TempDir(), name), content))
		p.leaks(t, "syncctl import "+name, got.stdout+got.stderr)
		if (got.code == 0) != strings.HasPrefix(name, "ae.") {
			t.Errorf("import of %s: exit code %d\n%s%s", name, got.code, got.stdout, got.stderr)
		}
	}
	got := s.syncctl(t, "import", writeFile(t, filepath.Join(t.TempDir(), "ae.csv"), "STUDYID,AESPID,AETERM\n"), "--id", p.word("column"))
	if got.code == 0 {
		t.Errorf("a column that is not there: exit code 0")
	}
}

// plantByCall sends verbatims over gRPC, in good calls and bad ones.
func (s *system) plantByCall(t *testing.T, p *planted) {
	t.Helper()
	terms, sync := s.terminology(t), s.dataSync(t)
	ctx := soon(t)
	good := func(where string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
	}
	bad := func(where string, err error) {
		t.Helper()
		if err == nil {
			t.Errorf("%s was taken", where)
		}
		p.leaksOfError(t, where, err)
	}

	_, err := sync.SyncAEData(ctx, &datasync.SyncRequest{
		OriginalTerm: p.word("by call"), Identity: &datasync.Identity{Study: "P", RecordId: "c1"},
		Fields: map[string]string{"AENOTE": p.word("note by call")},
	})
	good("SyncAEData", err)
	keyed := metadata.AppendToOutgoingContext(ctx, "idempotency-key", "k1")
	_, err = sync.SyncAEData(keyed, &datasync.SyncRequest{OriginalTerm: p.word("by key")})
	good("SyncAEData with a key", err)
	_, err = sync.SyncAEData(keyed, &datasync.SyncRequest{OriginalTerm: p.word("other by key")})
	bad("SyncAEData with another payload", err)
	for name, term := range map[string]string{
		"too long": p.word(strings.Repeat("x", 1001)), "a control character": p.word("\a"), "two lines": p.word("a\nb"),
	} {
		_, err = sync.SyncAEData(ctx, &datasync.SyncRequest{OriginalTerm: term})
		bad("SyncAEData of "+name, err)
		_, err = terms.EncodeTerm(ctx, &terminology.EncodeReq{Term: term})
		bad("EncodeTerm of "+name, err)
		_, err = terms.SearchTerms(ctx, &terminology.SearchTermsReq{Query: term})
		bad("SearchTerms of "+name, err)
		answer, err := terms.EncodeTerms(ctx, &terminology.EncodeTermsReq{Items: []*terminology.EncodeItem{{Term: term}}})
		good("EncodeTerms", err)
		p.leaks(t, "EncodeTerms's item error of "+name, prototext.Format(answer))
	}
	_, err = sync.SyncAEData(ctx, &datasync.SyncRequest{OriginalTerm: p.word("bytes \xff")})
	bad("SyncAEData of invalid UTF-8", err)
	_, err = terms.EncodeTerm(ctx, &terminology.EncodeReq{Term: p.word("bytes \xff")})
	bad("EncodeTerm of invalid UTF-8", err)

	answer, err := terms.EncodeTerm(ctx, &terminology.EncodeReq{Term: p.word("Severe headache of")})
	good("EncodeTerm", err)
	p.leaks(t, "EncodeTerm's answer", prototext.Format(answer))
	found, err := terms.SearchTerms(ctx, &terminology.SearchTermsReq{Query: p.word("headache")})
	good("SearchTerms", err)
	p.leaks(t, "SearchTerms's answer", prototext.Format(found))

	// A verbatim where another field belongs.
	slipped := p.word("slipped")
	for name, call := range map[string]func(context.Context) error{
		"GetTerm": func(ctx context.Context) error {
			_, err := terms.GetTerm(ctx, &terminology.GetTermReq{Code: slipped})
			return err
		},
		"EncodeTerm by release": func(ctx context.Context) error {
			_, err := terms.EncodeTerm(ctx, &terminology.EncodeReq{Term: "x", Pin: &terminology.Pin{Dictionary: slipped}})
			return err
		},
		"EncodeTerms by synonyms": func(ctx context.Context) error {
			_, err := terms.EncodeTerms(ctx, &terminology.EncodeTermsReq{
				Items: []*terminology.EncodeItem{{Term: "x"}}, Pin: &terminology.Pin{SynonymVersion: slipped},
			})
			return err
		},
		"SearchTerms by language": func(ctx context.Context) error {
			_, err := terms.SearchTerms(ctx, &terminology.SearchTermsReq{Query: "x", Language: slipped})
			return err
		},
		"GetRun": func(ctx context.Context) error {
			_, err := sync.GetRun(ctx, &datasync.GetRunReq{RunId: slipped})
			return err
		},
		"CancelRun": func(ctx context.Context) error {
			_, err := sync.CancelRun(ctx, &datasync.CancelRunReq{RunId: slipped})
			return err
		},
		"SyncAEData by language": func(ctx context.Context) error {
			_, err := sync.SyncAEData(ctx, &datasync.SyncRequest{OriginalTerm: "x", Language: slipped})
			return err
		},
		"StartRun by date": func(ctx context.Context) error {
			_, err := sync.StartRun(ctx, &datasync.StartRunReq{Date: slipped})
			return err
		},
		"StartRun by scope": func(ctx context.Context) error {
			_, err := sync.StartRun(ctx, &datasync.StartRunReq{Scope: slipped})
			return err
		},
		"ListReports by token": func(ctx context.Context) error {
			_, err := sync.ListReports(ctx, &datasync.ListReportsReq{PageToken: slipped})
			return err
		},
		"SubmitReports by encoding": func(ctx context.Context) error {
			_, err := sync.SubmitReports(ctx, &datasync.SubmitReportsReq{ImportId: "i", Format: datasync.FileFormat_CSV, Encoding: slipped})
			return err
		},
		"SubmitReports by header": func(ctx context.Context) error {
			_, err := sync.SubmitReports(ctx, &datasync.SubmitReportsReq{
				ImportId: "i", Format: datasync.FileFormat_CSV, Header: []byte(slipped + ",x\n"), Rows: []byte(slipped), FirstLine: 2,
			})
			return err
		},
		"SyncAEData by identity": func(ctx context.Context) error {
			_, err := sync.SyncAEData(ctx, &datasync.SyncRequest{OriginalTerm: "x", Identity: &datasync.Identity{Study: "P", RecordId: slipped + "\n"}})
			return err
		},
		"SyncAEData by fields": func(ctx context.Context) error {
			_, err := sync.SyncAEData(ctx, &datasync.SyncRequest{OriginalTerm: slipped, Fields: map[string]string{"AETERM": slipped}})
			return err
		},
	} {
		bad(name, call(ctx))
	}
}

// named are the columns that verbatims live in.
var named = map[string]bool{
	"report_revisions.fields": true, "report_volatile.fields": true, "report_versions.verbatim": true, "report_versions.verbatim_raw": true, "unreadable_rows.raw": true,
}

// searchDatabase reads every cell of every table.
func (p *planted) searchDatabase(t *testing.T, out string) {
	t.Helper()
	db := database(t, out)
	tables, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer tables.Close()
	var names []string
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := tables.Err(); err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, name := range names {
		eachCell(t, db, name, func(place, text string) {
			if named[place] {
				seen[place] = seen[place] || strings.Contains(strings.ToLower(text), mark)
				return
			}
			p.leaks(t, "the column "+place, text)
		})
	}
	for place := range named {
		if !seen[place] {
			t.Errorf("no planted verbatim is in %s, where some belong", place)
		}
	}
}

// eachCell gives every cell of a table with its place, "table.column".
func eachCell(t *testing.T, db *sql.DB, table string, yield func(place, text string)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	cells, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for i, cell := range cells {
			text := fmt.Sprint(cell)
			if bytes, ok := cell.([]byte); ok {
				text = string(bytes)
			}
			yield(table+"."+columns[i], text)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
