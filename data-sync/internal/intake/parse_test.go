package intake

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aecode/data-sync/internal/intake/lossless"
	"aecode/data-sync/internal/report"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the golden files anew")

const csvHeader = "STUDYID,AESPID,AETERM,AESER,LANG\n"

// parseFile goes the way of a file: survey, header, pieces, parse.
func parseFile(t testing.TB, file string, o Options) (Parsed, error) {
	t.Helper()
	survey, err := TakeSurvey(strings.NewReader(file))
	if err != nil {
		return Parsed{}, err
	}
	o.Encoding = survey.Encoding
	s := NewSplitter(strings.NewReader(file), o.Format, 0, 1<<20, 3)
	header, err := s.ReadHeader()
	if err != nil {
		return Parsed{}, err
	}
	var all Parsed
	for i, p := range pieces(t, s) {
		parsed, err := Parse(header, p.Rows, p.FirstLine, o)
		if err != nil {
			return Parsed{}, err
		}
		if parsed.Records() != p.Records {
			t.Fatalf("piece %d: %d records parsed, %d split", i, parsed.Records(), p.Records)
		}
		if i == 0 {
			all.Columns, all.Warnings = parsed.Columns, parsed.Warnings
		}
		all.Rows = append(all.Rows, parsed.Rows...)
		all.Unreadable = append(all.Unreadable, parsed.Unreadable...)
		all.Problems = append(all.Problems, parsed.Problems...)
	}
	return all, nil
}

// sentinel stands for a patient's words: no problem may hold it.
const sentinel = "zebra stripes"

func row(line int64, id, verbatim string, hold report.Reason) report.Row {
	return report.Row{Line: line, Identity: report.Identity{Source: "file", Study: "S", RecordID: id}, Verbatim: verbatim, Hold: hold, Serious: report.SeriousnessUnknown}
}

func rawRow(line int64, id, raw string, hold report.Reason) report.Row {
	r := row(line, id, "", hold)
	r.VerbatimRaw = []byte(raw)
	return r
}

func TestEveryRecordIsARowOrUnreadable(t *testing.T) {
	type unreadables = []report.Unreadable
	long := strings.Repeat("头", MaxVerbatimRunes)
	tests := map[string]struct {
		rows       string
		want       []report.Row
		unreadable unreadables
		// problems are "line field reason".
		problems []string
	}{
		"a plain row":               {rows: "S,1,headache,,\n", want: []report.Row{row(2, "1", "headache", "")}},
		"CRLF":                      {rows: "S,1,headache,,\r\nS,2,rash,,\r\n", want: []report.Row{row(2, "1", "headache", ""), row(3, "2", "rash", "")}},
		"lone CR":                   {rows: "S,1,headache,,\rS,2,rash,,", want: []report.Row{row(2, "1", "headache", ""), row(3, "2", "rash", "")}},
		"blank lines are no rows":   {rows: "\n \t\nS,1,headache,,\n\n", want: []report.Row{row(4, "1", "headache", "")}},
		"quotes":                    {rows: `S,1,"pain ""stabbing"", knee",,` + "\n", want: []report.Row{row(2, "1", `pain "stabbing", knee`, "")}},
		"a quote inside a cell":     {rows: `S,1,6" wound,,` + "\n", want: []report.Row{row(2, "1", `6" wound`, "")}},
		"emoji":                     {rows: "S,1,rash 😀,,\n", want: []report.Row{row(2, "1", "rash 😀", "")}},
		"4-byte Han":                {rows: "S,1,\U0002C317病,,\n", want: []report.Row{row(2, "1", "\U0002C317病", "")}},
		"a formula is only text":    {rows: "S,1,\"=HYPERLINK(\"\"x\"\")\",,\n", want: []report.Row{row(2, "1", `=HYPERLINK("x")`, "")}},
		"SQL is only text":          {rows: "S,1,'; DROP TABLE reports;--,,\n", want: []report.Row{row(2, "1", "'; DROP TABLE reports;--", "")}},
		"white space at the ends":   {rows: "S, 1 ,\" \u3000headache\r\n\",,\n", want: []report.Row{row(2, "1", "headache", "")}},
		"zero-width at the ends":    {rows: "S,1,\ufeffheadache\u200b,,\n", want: []report.Row{row(2, "1", "headache", "")}},
		"an empty verbatim":         {rows: "S,1,,,\n", want: []report.Row{row(2, "1", "", report.Empty)}, problems: []string{"2 AETERM EMPTY"}},
		"a blank verbatim":          {rows: "S,1,\" \t\n\u00a0\",,\n", want: []report.Row{row(2, "1", "", report.Empty)}, problems: []string{"2 AETERM EMPTY"}},
		"1,000 runes":               {rows: "S,1," + long + ",,\n", want: []report.Row{row(2, "1", long, "")}},
		"1,001 runes":               {rows: "S,1," + long + "痛,,\n", want: []report.Row{row(2, "1", long+"痛", report.TooLong)}, problems: []string{"2 AETERM TOO_LONG"}},
		"invalid UTF-8":             {rows: "S,1,caf\xe9 " + sentinel + ",,\n", want: []report.Row{rawRow(2, "1", "caf\xe9 "+sentinel, report.InvalidUTF8)}, problems: []string{"2 AETERM INVALID_UTF8"}},
		"NUL":                       {rows: "S,1,\x00" + sentinel + ",,\n", want: []report.Row{rawRow(2, "1", "\x00"+sentinel, report.ControlCharacter)}, problems: []string{"2 AETERM CONTROL_CHARACTER"}},
		"a control character":       {rows: "S,1,zebra\x07stripes,,\n", want: []report.Row{row(2, "1", "zebra\x07stripes", report.ControlCharacter)}, problems: []string{"2 AETERM CONTROL_CHARACTER"}},
		"a tab within":              {rows: "S,1,zebra\tstripes,,\n", want: []report.Row{row(2, "1", "zebra\tstripes", report.ControlCharacter)}, problems: []string{"2 AETERM CONTROL_CHARACTER"}},
		"newlines in a cell":        {rows: "S,1,\"zebra\nstripes\",,\nS,2,rash,,\n", want: []report.Row{row(2, "1", "zebra\nstripes", report.NewlineInVerbatim), row(4, "2", "rash", "")}, problems: []string{"2 AETERM NEWLINE"}},
		"a line separator":          {rows: "S,1,zebra\u2028stripes,,\n", want: []report.Row{row(2, "1", "zebra\u2028stripes", report.NewlineInVerbatim)}, problems: []string{"2 AETERM NEWLINE"}},
		"newline and control":       {rows: "S,1,\"a\nb\x01\",,\n", want: []report.Row{row(2, "1", "a\nb\x01", report.ControlCharacter)}, problems: []string{"2 AETERM CONTROL_CHARACTER"}},
		"one identity twice":        {rows: "S,1,headache,,\nS,1,rash,,\n", want: []report.Row{row(2, "1", "headache", ""), row(3, "1", "rash", "")}},
		"too few cells":             {rows: "S,1," + sentinel + "\n", unreadable: unreadables{{Line: 2, Raw: []byte("S,1," + sentinel), Reason: ReasonFieldCount}}, problems: []string{"2  FIELD_COUNT"}},
		"too many cells":            {rows: "S,1,zebra, stripes,,\n", unreadable: unreadables{{Line: 2, Raw: []byte("S,1,zebra, stripes,,"), Reason: ReasonFieldCount}}, problems: []string{"2  FIELD_COUNT"}},
		"no record id":              {rows: "S,,rash,,\n", unreadable: unreadables{{Line: 2, Raw: []byte("S,,rash,,"), Reason: ReasonNoIdentity}}, problems: []string{"2 AESPID NO_IDENTITY"}},
		"no study":                  {rows: " ,1,rash,,\n", unreadable: unreadables{{Line: 2, Raw: []byte(" ,1,rash,,"), Reason: ReasonNoStudy}}, problems: []string{"2 STUDYID NO_STUDY"}},
		"a control in the id":       {rows: "S,1\x01,rash,,\n", unreadable: unreadables{{Line: 2, Raw: []byte("S,1\x01,rash,,"), Reason: ReasonNoIdentity}}, problems: []string{"2 AESPID NO_IDENTITY"}},
		"invalid UTF-8 in the id":   {rows: "S,1\xff,rash,,\n", unreadable: unreadables{{Line: 2, Raw: []byte("S,1\xff,rash,,"), Reason: ReasonNoIdentity}}, problems: []string{"2 AESPID NO_IDENTITY"}},
		"an id of 200 bytes":        {rows: "S," + strings.Repeat("i", 200) + ",rash,,\n", want: []report.Row{row(2, strings.Repeat("i", 200), "rash", "")}},
		"an id of 201 bytes":        {rows: "S," + strings.Repeat("i", 201) + ",rash,,\n", unreadable: unreadables{{Line: 2, Raw: []byte("S," + strings.Repeat("i", 201) + ",rash,,"), Reason: ReasonNoIdentity}}, problems: []string{"2 AESPID NO_IDENTITY"}},
		"a quote never closed":      {rows: "S,1,\"zebra,,\nS,2,rash,,\n", want: []report.Row{row(3, "2", "rash", "")}, unreadable: unreadables{{Line: 2, Raw: []byte("S,1,\"zebra,,"), Reason: ReasonQuote}}, problems: []string{"2  QUOTE"}},
		"cut in the middle":         {rows: "S,1,headache,,\nS,2,zeb", want: []report.Row{row(2, "1", "headache", "")}, unreadable: unreadables{{Line: 3, Raw: []byte("S,2,zeb"), Reason: ReasonFieldCount}}, problems: []string{"3  FIELD_COUNT"}},
		"cut inside a quoted cell":  {rows: "S,1,headache,,\nS,2,\"zebra\nstri", want: []report.Row{row(2, "1", "headache", "")}, unreadable: unreadables{{Line: 3, Raw: []byte("S,2,\"zebra"), Reason: ReasonQuote}, {Line: 4, Raw: []byte("stri"), Reason: ReasonFieldCount}}, problems: []string{"3  QUOTE", "4  FIELD_COUNT"}},
		"cut inside a character":    {rows: "S,1,头\xe7", unreadable: unreadables{{Line: 2, Raw: []byte("S,1,头\xe7"), Reason: ReasonFieldCount}}, problems: []string{"2  FIELD_COUNT"}},
		"an unknown language":       {rows: "S,1,頭痛,,JA\n", want: []report.Row{{Line: 2, Identity: report.Identity{Source: "file", Study: "S", RecordID: "1"}, Verbatim: "頭痛", Language: "ja", Serious: report.SeriousnessUnknown}}},
		"a cell that is no code":    {rows: "S,1,rash,," + sentinel + "\n", want: []report.Row{{Line: 2, Identity: report.Identity{Source: "file", Study: "S", RecordID: "1"}, Verbatim: "rash", Language: "und", Serious: report.SeriousnessUnknown}}, problems: []string{"2 LANG LANGUAGE_UNKNOWN"}},
		"serious":                   {rows: "S,1,rash,Y,en\n", want: []report.Row{{Line: 2, Identity: report.Identity{Source: "file", Study: "S", RecordID: "1"}, Verbatim: "rash", Language: "en", Serious: report.Serious}}},
		"a flag that is no flag":    {rows: "S,1,rash," + sentinel + ",\n", want: []report.Row{{Line: 2, Identity: report.Identity{Source: "file", Study: "S", RecordID: "1"}, Verbatim: "rash", Serious: report.SeriousnessUnknown}}, problems: []string{"2 AESER SERIOUS_UNKNOWN"}},
		"a flag in bad bytes":       {rows: "S,1,rash,\xff,\n", want: []report.Row{{Line: 2, Identity: report.Identity{Source: "file", Study: "S", RecordID: "1"}, Verbatim: "rash", Serious: report.SeriousnessUnknown}}, problems: []string{"2 AESER SERIOUS_UNKNOWN"}},
		"a language in bad bytes":   {rows: "S,1,rash,,\xff\n", want: []report.Row{{Line: 2, Identity: report.Identity{Source: "file", Study: "S", RecordID: "1"}, Verbatim: "rash", Language: "und", Serious: report.SeriousnessUnknown}}, problems: []string{"2 LANG LANGUAGE_UNKNOWN"}},
		"a stray quote is one loss": {rows: "S,1,\"zebra,,\nS,2,\"pain, knee\",,\nS,3,rash,,\n", want: []report.Row{row(3, "2", "pain, knee", ""), row(4, "3", "rash", "")}, unreadable: unreadables{{Line: 2, Raw: []byte("S,1,\"zebra,,"), Reason: ReasonQuote}}, problems: []string{"2  QUOTE"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, bom := range []string{"", string(bomUTF8)} {
				got, err := parseFile(t, bom+csvHeader+tt.rows, Options{Format: CSV})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, got.Rows, cmpopts.IgnoreFields(report.Row{}, "Fields")); diff != "" {
					t.Errorf("rows (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.unreadable, got.Unreadable); diff != "" {
					t.Errorf("unreadable (-want +got):\n%s", diff)
				}
				var problems []string
				for _, p := range got.Problems {
					problems = append(problems, fmt.Sprintf("%d %s %s", p.Line, p.Field, p.Reason))
					if text := fmt.Sprint(p); strings.Contains(text, "zebra") || strings.Contains(text, "stripes") {
						t.Errorf("a problem quotes the row: %s", text)
					}
					if p.Message == "" {
						t.Errorf("the problem %v has no message", p)
					}
				}
				if diff := cmp.Diff(tt.problems, problems); diff != "" {
					t.Errorf("problems (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestFieldsKeepEveryCellAsItCame(t *testing.T) {
	got, err := parseFile(t, "STUDYID,AESPID,AETERM,AESEV,NOTE,MORE\nS, 1,\" headache\n\",\"a\nb\",caf\xe9,bytes:x\n", Options{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Field{
		{Name: "STUDYID", Value: "S"},
		{Name: "AESPID", Value: " 1"},
		{Name: "AETERM", Value: " headache\n"},
		{Name: "AESEV", Value: "a\nb"},
		{Name: "NOTE", Value: `bytes:"caf\xe9"`},
		{Name: "MORE", Value: `bytes:"bytes:x"`},
	}
	if diff := cmp.Diff(want, got.Rows[0].Fields); diff != "" {
		t.Error(diff)
	}
	for i, cell := range []string{"S", " 1", " headache\n", "a\nb", "caf\xe9", "bytes:x"} {
		if back := string(lossless.Decode(got.Rows[0].Fields[i].Value)); back != cell {
			t.Errorf("cell %d: %q came back as %q", i, cell, back)
		}
	}
	if got.Rows[0].Verbatim != "headache" {
		t.Errorf("verbatim = %q, want it trimmed", got.Rows[0].Verbatim)
	}
}

func TestGB18030IsDecodedAndItsBadCellsKeepTheirBytes(t *testing.T) {
	file := gb(t, csvHeader+"S,甲1,头痛,是,中文\nS,2,\"恶心，呕吐\",,\nS,3,\U0002C317,,\n") + "S,4,\xb0,,\nS,5," + gb(t, "皮") + "\xff,,\n" +
		gb(t, strings.Repeat("S,6,四肢皮肤瘙痒伴红肿,,\n", 3))
	got, err := parseFile(t, file, Options{Format: CSV})
	if err != nil {
		t.Fatal(err)
	}
	first := row(2, "甲1", "头痛", "")
	first.Serious, first.Language = report.Serious, "zh"
	want := []report.Row{first, row(3, "2", "恶心，呕吐", ""), row(4, "3", "\U0002C317", ""), rawRow(5, "4", "\xb0", report.InvalidUTF8), rawRow(6, "5", gb(t, "皮")+"\xff", report.InvalidUTF8)}
	if diff := cmp.Diff(want, got.Rows[:5], cmpopts.IgnoreFields(report.Row{}, "Fields")); diff != "" {
		t.Error(diff)
	}
	if got.Rows[0].Fields[2].Value != "头痛" || got.Rows[3].Fields[2].Value != `bytes:"\xb0"` {
		t.Errorf("fields = %+v", got.Rows)
	}
}

// TestGoldenFiles reads whole files with everything in them; -update writes the
// expectation anew.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.input.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			input, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			format, err := FormatOf("", file)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := parseFile(t, string(input), Options{Format: format})
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(parsed, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := strings.Replace(file, ".input.", ".golden.", 1) + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
