package charset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func detect(t testing.TB, file string) Result {
	t.Helper()
	r, err := Detect(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSampleFilesOfSites(t *testing.T) {
	for name, want := range map[string]Result{
		"korean_euc_kr":    {Candidates: []Charset{EUCKR, EUCJP, GB18030, Big5}, InvalidLines: 2, Characters: 7},
		"japanese_euc_jp":  {Candidates: []Charset{EUCJP, GB18030, EUCKR, Big5}, InvalidLines: 2, Characters: 7},
		"chinese_gb18030":  {Charset: GB18030, UTF8Lines: 1, Characters: 33}, // 头痛 is also valid UTF-8
		"western_one_sign": {Charset: UTF8, InvalidLines: 1, Proposed: Windows1252},
		"utf16_excel":      {Charset: UTF16LE, Mark: true},
	} {
		file, err := os.ReadFile(filepath.Join("testdata", name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, detect(t, string(file)), cmp.AllowUnexported(Charset{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTwoHundredTermsAreRecognised(t *testing.T) {
	for c, language := range languageOf {
		for seed := range uint64(15) {
			r := detect(t, encode(t, c, reports(language, 200, seed)))
			if r.Charset != c || r.InvalidLines != 0 || r.Mark {
				t.Errorf("%s, seed %d: %+v", c, seed, r)
			}
		}
	}
}

func TestFewTermsAreRecognisedOrRefusedAndNeverTakenForAnotherCharset(t *testing.T) {
	recognised := map[Charset]int{}
	const files = 50
	for c, language := range languageOf {
		for _, n := range []int{1, 2, 3, 5, 8} {
			for seed := range uint64(files) {
				r := detect(t, encode(t, c, reports(language, n, seed)))
				if !r.Ambiguous() && r.Charset != c {
					t.Errorf("%s, %d terms, seed %d: %+v", c, n, seed, r)
				}
				if r.Ambiguous() && !contains(r.Candidates, c) {
					t.Errorf("%s, %d terms, seed %d: it is not among the candidates: %+v", c, n, seed, r)
				}
				if n == 8 && r.Charset == c {
					recognised[c]++
				}
			}
		}
	}
	for c := range languageOf {
		t.Logf("%s: %d of %d files of 8 terms are recognised", c, recognised[c], files)
	}
}

func contains(all []Charset, c Charset) bool {
	for _, one := range all {
		if one == c {
			return true
		}
	}
	return false
}

func TestWesternTextIsUTF8WithInvalidLines(t *testing.T) {
	for _, n := range []int{1, 3, 8, 200} {
		for seed := range uint64(30) {
			text := reports("western", n, seed)
			want := int64(0)
			for line := range strings.Lines(text) {
				if !ascii([]byte(line)) {
					want++
				}
			}
			r := detect(t, encode(t, Windows1252, text))
			if r.Charset != UTF8 || r.InvalidLines != want || (r.Proposed == Windows1252) != (want > 0) {
				t.Errorf("%d terms, seed %d: %+v, want %d invalid lines", n, seed, r, want)
			}
		}
	}
}

// Each file is hard to recognise. It is taken for its own charset or for none.
func TestFilesThatAreHardToRecogniseAreNeverTakenForAnotherCharset(t *testing.T) {
	const header = "STUDYID,USUBJID,AESPID,AETERM\n"
	rows := func(terms string, times int) string {
		var b strings.Builder
		b.WriteString(header)
		for i := range times {
			for j, term := range strings.Fields(terms) {
				fmt.Fprintf(&b, "Q2,Q2-%d,%d,%s\n", i, j, term)
			}
		}
		return b.String()
	}
	half := "ｽﾞﾂｳ ｵｳｷ ﾊﾂﾈﾂ ｹﾞﾘ ﾌﾐﾝ ﾒﾏｲ ﾊｷｹ ｹﾝﾀｲｶﾝ ｼｮｸﾖｸﾌｼﾝ ｶﾝｾﾂﾂｳ ﾋﾝｹﾂ ｺｳｹﾂｱﾂ ﾊｲｴﾝ ｶﾕﾐ ｼﾞﾝﾏｼﾝ ﾍﾞﾝﾋﾟ ﾊﾅﾁﾞ ﾐﾐﾅﾘ ﾑｸﾐ ｼﾋﾞﾚ"
	katakana := "アレルギー アナフィラキシー ショック クレアチニン ビリルビン タール ヘルペス リンパ アトピー インフルエンザ ヘモグロビン カリウム ナトリウム コレステロール ストレス アルコール パーキンソン メニエール ベーチェット マイコプラズマ"
	hanja := "頭痛 두통(頭痛) 發熱 발열(發熱) 貧血 高血壓 糖尿病 肺炎 구토(嘔吐) 下痢 設瀉 不眠症 眩氣症 어지러움(眩暈) 皮膚發疹 肝炎 腎臟炎 관절염(關節炎) 咳嗽 호흡곤란(呼吸困難)"
	shared := "胃不好 口中有火 不能久坐 食不下 左手不能上 右耳不通 心中不安 大便多 小便少 早上吐 口臭 手痛 足痛 血便 白血病 肺炎 肝炎 失眠 貧血 全身不舒服"
	simplified := reports("simplified", 200, 3)
	tests := map[string]struct {
		charset Charset
		text    string
		sure    bool // it must be recognised
	}{
		"half-width katakana in Shift_JIS":      {ShiftJIS, rows(half, 5), false},
		"a little of it":                        {ShiftJIS, rows(half, 1), false},
		"half-width katakana in EUC-JP":         {EUCJP, rows(half, 5), false},
		"katakana in Shift_JIS":                 {ShiftJIS, rows(katakana, 5), true},
		"katakana in EUC-JP":                    {EUCJP, rows(katakana, 5), true},
		"katakana in GB18030":                   {GB18030, rows(katakana, 5), false},
		"Korean with much hanja":                {EUCKR, rows(hanja, 5), false},
		"Korean with some hanja":                {EUCKR, reports("korean", 200, 1) + rows(hanja, 1), true},
		"hanja without hangul":                  {EUCKR, rows("頭痛 發熱 貧血 高血壓 糖尿病 肺炎 下痢 不眠症 眩氣症 皮膚發疹 肝炎 關節炎 咳嗽 呼吸困難 心臟 腎臟", 5), false},
		"words of both Chinese scripts in Big5": {Big5, rows(shared, 5), true},
		"traditional Chinese in GB18030":        {GB18030, reports("traditional", 200, 1), false},
		"Japanese in GB18030":                   {GB18030, reports("japanese", 200, 1), false},
		"kanji without kana in EUC-JP":          {EUCJP, rows("頭痛 発熱 悪心 嘔吐 下痢 便秘 不眠 関節痛 背部痛 貧血 高血圧 低血糖 動悸 心房細動 肺炎 倦怠感 傾眠 耳鳴 腹部膨満 発疹", 5), true},
		"kanji without kana in Shift_JIS":       {ShiftJIS, rows("頭痛 発熱 悪心 嘔吐 下痢 便秘 不眠 関節痛 背部痛 貧血 高血圧 低血糖 動悸 心房細動 肺炎 倦怠感 傾眠 耳鳴 腹部膨満 発疹", 5), true},
		"one word in every row":                 {EUCKR, rows("두통", 5000), false},
		"one line among ASCII":                  {EUCKR, header + strings.Repeat("Q2,Q2-1,1,headache\n", 100_000) + "Q2,Q2-2,2,두통\n", false},
		"one long line":                         {GB18030, "S," + strings.ReplaceAll(strings.ReplaceAll(simplified, "\r\n", ""), "2026", ""), true},
		"one line longer than a block":          {GB18030, strings.Repeat(strings.ReplaceAll(simplified, "\r\n", "；"), 40), true},
		"without ASCII, longer than a block":    {EUCKR, strings.Repeat(strings.Join(complaints["korean"], ""), 400), false},
		"words that are almost UTF-8":           {EUCJP, reports("japanese", 200, 1) + strings.Repeat("めから、わか\nりすも、もう\nれから、大起\n蟇（ひき）のつぶや\n", 20), true},
		"old Mac line ends":                     {Big5, strings.ReplaceAll(reports("traditional", 200, 2), "\r\n", "\r"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := detect(t, encode(t, tt.charset, tt.text))
			if !r.Ambiguous() && r.Charset != tt.charset || tt.sure && r.Ambiguous() {
				t.Errorf("%+v", r)
			}
			t.Logf("%+v", r)
		})
	}
}

func TestWhatACharsetNeedsSoThatItIsNamed(t *testing.T) {
	clear := standing{score: 10, characters: 20, distinct: 10, evidence: 20, firm: 1}
	for name, tt := range map[string]struct {
		change func(first, second *standing)
		want   bool
	}{
		"enough":                  {func(_, _ *standing) {}, true},
		"few characters":          {func(first, _ *standing) { first.characters-- }, false},
		"few distinct characters": {func(first, _ *standing) { first.distinct-- }, false},
		"improbable text":         {func(first, second *standing) { first.score, second.score = 12.6, 20 }, false},
		"a close second":          {func(first, second *standing) { first.evidence, second.score = 1000, 11.4 }, false},
		"little evidence":         {func(first, _ *standing) { first.evidence = 12 }, false},
		"invalid bytes":           {func(first, _ *standing) { first.invalid = 0.06 }, false},
	} {
		first, second := clear, standing{score: 12}
		tt.change(&first, &second)
		if got := first.clear(second); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestOneWordInEveryRowDoesNotTell(t *testing.T) {
	if r := detect(t, encode(t, EUCKR, strings.Repeat("S,1,두통\n", 5000))); !r.Ambiguous() || r.Candidates[0] != EUCKR {
		t.Errorf("%+v", r)
	}
}

func TestUTF8WithoutASCIIIsNotCutWithinACharacter(t *testing.T) {
	for _, text := range []string{"头痛", "é", "😀", "a头", "é头"} {
		if diff := cmp.Diff(Result{Charset: UTF8, UTF8Lines: 1}, detect(t, strings.Repeat(text, 100_000)), cmp.AllowUnexported(Charset{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestMixedFiles(t *testing.T) {
	chinese := reports("simplified", 200, 1)
	western := encode(t, Windows1252, reports("western", 40, 1))
	half := reports("simplified", 100, 2)
	tests := map[string]struct {
		file string
		want Charset
		// invalid: some lines are.
		invalid  bool
		proposed Charset
	}{
		"Chinese with Latin-1 lines":              {encode(t, GB18030, chinese) + western, GB18030, true, Charset{}},
		"Latin-1 lines in UTF-8 Chinese":          {chinese + western, UTF8, true, Windows1252},
		"one Latin-1 byte in UTF-8 Chinese":       {chinese + "S,1,M\xe9ni\xe8re\n", UTF8, true, Windows1252},
		"a GB18030 line in UTF-8 Chinese":         {chinese + encode(t, GB18030, "S,1,头痛，恶心\n"), UTF8, true, Charset{}},
		"some UTF-8 lines in GB18030":             {encode(t, GB18030, chinese) + half, Charset{}, true, Charset{}},
		"many UTF-8 lines and few of GB18030":     {chinese + encode(t, GB18030, half), UTF8, true, Charset{}},
		"UTF-8 Chinese cut within a character":    {chinese + "S,1,头痛和头\xe5\xa4", UTF8, true, Charset{}},
		"UTF-8 with every cell cut":               {strings.Repeat("S,1,头痛和头\xe5\xa4\n", 100), UTF8, true, Charset{}},
		"GB18030 with a damaged line of UTF-8":    {encode(t, GB18030, chinese) + "S,1,头痛和头\xe5\xa4\n", Charset{}, true, Charset{}},
		"GB18030 cut within a character":          {encode(t, GB18030, chinese+"S,1,头") + "\xcd", GB18030, true, Charset{}},
		"GB18030 with rare characters":            {encode(t, GB18030, chinese+"S,1,\U0002C317\U00020000\n"), GB18030, false, Charset{}},
		"code page 850":                           {encode(t, charsetOf(t, "cp850"), "fièvre,céphalée\nMénière\nasthénie\n"), UTF8, true, Charset{}},
		"windows-1251":                            {encode(t, charsetOf(t, "cp1251"), strings.Repeat("Головная боль,тошнота и рвота,кожный зуд\n", 30)), Charset{}, true, Charset{}},
		"koi8-r":                                  {encode(t, charsetOf(t, "koi8-r"), strings.Repeat("Головная боль,тошнота и рвота,кожный зуд\n", 30)), Charset{}, true, Charset{}},
		"Greek in windows-1253":                   {encode(t, charsetOf(t, "cp1253"), strings.Repeat("πονοκέφαλος,ναυτία και έμετος,πυρετός\n", 30)), Charset{}, true, Charset{}},
		"Thai in windows-874":                     {encode(t, charsetOf(t, "windows-874"), strings.Repeat("ปวดศีรษะ,คลื่นไส้อาเจียน,ท้องเสีย\n", 30)), Charset{}, true, Charset{}},
		"Polish in windows-1250":                  {encode(t, charsetOf(t, "cp1250"), strings.Repeat("ból głowy,gorączka,świąd skóry\n", 30)), UTF8, true, Charset{}},
		"µg and °C over and over":                 {strings.Repeat("5 \xb5g, 39\xb0C, 10\xb1\n", 500), UTF8, true, Windows1252},
		"French words with several accents":       {strings.Repeat("\xe9t\xe9,pr\xe9f\xe9r\xe9,g\xe9n\xe9ralis\xe9e,\xe9l\xe9ment\n", 100), UTF8, true, Windows1252},
		"random high bytes on one line of UTF-8":  {chinese + "\xf5\xc0\x81\xfe\xff\x90\n", UTF8, true, Charset{}},
		"Cyrillic in UTF-8":                       {strings.Repeat("Головная боль,тошнота\n", 3), UTF8, false, Charset{}},
		"Greek, Hebrew, Arabic in UTF-8":          {"πονοκέφαλος\nכאב ראש\nصداع\n", UTF8, false, Charset{}},
		"a single word that is UTF-8 by chance":   {"AETERM\n" + encode(t, GB18030, "头痛\n"), Charset{}, false, Charset{}},
		"such a word in a file that is not UTF-8": {encode(t, GB18030, chinese+strings.Repeat("S,1,头痛\n", 900)), GB18030, false, Charset{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := detect(t, tt.file)
			if r.Charset != tt.want || (r.InvalidLines+r.ScatteredLines > 0) != tt.invalid || r.Proposed != tt.proposed {
				t.Errorf("%+v, want %s, invalid %t, proposed %s", r, tt.want, tt.invalid, tt.proposed)
			}
		})
	}
}

func TestUnicodeFiles(t *testing.T) {
	const text = "STUDYID,AETERM\r\nQ2,头痛一一\r\nQ2,두통\r\n"
	wide := func(c Charset) string { return encode(t, c, text) }
	for name, tt := range map[string]struct {
		file string
		want Result
	}{
		"empty":                       {"", Result{Charset: UTF8}},
		"ASCII":                       {"a,b\n1,2\n", Result{Charset: UTF8}},
		"UTF-8":                       {text, Result{Charset: UTF8, UTF8Lines: 2}},
		"UTF-8 with mark":             {"\ufeff" + text, Result{Charset: UTF8, Mark: true, UTF8Lines: 3}},
		"UTF-8 mark before bad bytes": {"\ufeffa\n\xcd\xb7\xcd\xb4\xff\n", Result{Charset: UTF8, Mark: true, InvalidLines: 1, UTF8Lines: 1}},
		"UTF-8 without last line end": {"a\nb\xe9", Result{Charset: UTF8, InvalidLines: 1, Proposed: Windows1252}},
		"surrogates in UTF-8":         {"头痛头\xed\xa0\x80\n", Result{Charset: UTF8, InvalidLines: 1}},
		"GB18030 with mark":           {"\x84\x31\x95\x33a\n", Result{Charset: GB18030, Mark: true}},
		"UTF-16LE":                    {wide(UTF16LE), Result{Charset: UTF16LE}},
		"UTF-16BE":                    {wide(UTF16BE), Result{Charset: UTF16BE}},
		"UTF-16LE with mark":          {"\xff\xfe" + wide(UTF16LE), Result{Charset: UTF16LE, Mark: true}},
		"UTF-16BE with mark":          {"\xfe\xff" + wide(UTF16BE), Result{Charset: UTF16BE, Mark: true}},
		"UTF-32LE with mark":          {"\xff\xfe\x00\x00" + wide(UTF32LE), Result{Charset: UTF32LE, Mark: true}},
		"UTF-32BE with mark":          {"\x00\x00\xfe\xff" + wide(UTF32BE), Result{Charset: UTF32BE, Mark: true}},
		"ISO-2022-JP":                 {"a\x1b$BF,DK\x1b(B\n", Result{Charset: charsetOf(t, "iso-2022-jp")}},
		"ASCII with one zero byte":    {strings.Repeat("a,b\n", 9) + "\x00\n", Result{Charset: UTF8}},
	} {
		if diff := cmp.Diff(tt.want, detect(t, tt.file), cmp.AllowUnexported(Charset{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestInvalidLinesAreThoseThatTheReaderMarks(t *testing.T) {
	for _, c := range []Charset{GB18030, EUCKR, EUCJP, Big5, ShiftJIS, UTF8} {
		file := encode(t, c, reports(languageOf[c], 200, 1)) + "Q,1,\xff\n\nQ,2,\xfe\rQ,3,\xff\xff\r\n"
		r := detect(t, file)
		if r.Charset != c || r.InvalidLines != 3 {
			t.Errorf("%s: %+v", c, r)
		}
		if got := strings.Count(decode(t, r.Charset, strings.NewReader(file)), "\xff"); got != 7 { // 4 marks, and 3 bytes FF
			t.Errorf("%s: the reader gives %d bytes FF", c, got)
		}
	}
}

func TestAnAmbiguousFileIsAnErrorWithAdvice(t *testing.T) {
	r := detect(t, encode(t, EUCKR, "AETERM\n두통\n"))
	var ambiguous *AmbiguousError
	if !errors.As(r.Err(), &ambiguous) {
		t.Fatal(r.Err())
	}
	for _, part := range []string{"EUC-KR", "GB18030", "2 characters are too few", "--encoding EUC-KR"} {
		if !strings.Contains(r.Err().Error(), part) {
			t.Errorf("%q lacks %q", r.Err(), part)
		}
	}
	r = detect(t, encode(t, charsetOf(t, "cp1251"), strings.Repeat("Головная боль,тошнота и рвота\n", 30)))
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "not recognised") || !strings.Contains(err.Error(), "--encoding NAME") {
		t.Error(err)
	}
	if err := detect(t, "a\n").Err(); err != nil {
		t.Error(err)
	}
}

func TestDetectPassesOnAnErrorOfTheFile(t *testing.T) {
	broken := errors.New("broken")
	if _, err := Detect(io.MultiReader(strings.NewReader("a"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestResultCanBeAskedTwice(t *testing.T) {
	var d Detector
	io.WriteString(&d, encode(t, GB18030, reports("simplified", 50, 1)))
	first := d.Result()
	if diff := cmp.Diff(first, d.Result(), cmp.AllowUnexported(Charset{})); diff != "" || first.Charset != GB18030 {
		t.Errorf("%+v, then (-first +second):\n%s", first, diff)
	}
}

// writeInPieces divides file by size into calls of Write.
func writeInPieces(file []byte, size int) Result {
	var d Detector
	for len(file) > 0 {
		n := min(size, len(file))
		d.Write(file[:n])
		file = file[n:]
	}
	return d.Result()
}

func TestHowAFileIsWrittenMakesNoDifference(t *testing.T) {
	for _, c := range []Charset{GB18030, ShiftJIS, UTF8, UTF16LE} {
		file := []byte(encode(t, c, strings.Repeat(reports("japanese", 100, 1), 25)))
		want := writeInPieces(file, len(file))
		for _, size := range []int{1, 3, 4096, blockSize - 1, blockSize, blockSize + 1} {
			if diff := cmp.Diff(want, writeInPieces(file, size), cmp.AllowUnexported(Charset{})); diff != "" {
				t.Errorf("%s, %d bytes a call (-whole +got):\n%s", c, size, diff)
			}
		}
	}
}

func FuzzDetector(f *testing.F) {
	for c, language := range languageOf {
		f.Add([]byte(encode(f, c, reports(language, 12, 1))), 7)
	}
	f.Add([]byte("caf\xe9,\xff\xfe\r\rx"), 1)
	f.Add([]byte("\xff\xfea\x00\n\x00"), 2)
	f.Add([]byte("\xcd\xb7\xcd\xb4\n"), 1)
	f.Fuzz(func(t *testing.T, file []byte, size int) {
		size = max(1, size)
		r := writeInPieces(file, max(1, len(file)))
		if diff := cmp.Diff(r, writeInPieces(file, size), cmp.AllowUnexported(Charset{})); diff != "" {
			t.Fatalf("%d bytes a call (-whole +got):\n%s", size, diff)
		}
		if r.Ambiguous() != (r.Err() != nil) || !r.Ambiguous() && len(r.Candidates) > 0 {
			t.Fatalf("%+v", r)
		}
		if r.Ambiguous() {
			return
		}
		text := decode(t, r.Charset, strings.NewReader(string(file)))
		if _, invalid := unmarked(text); r.Charset == UTF8 && (len(invalid) > 0) != (r.InvalidLines > 0) {
			t.Fatalf("%+v, but the reader marks %d bytes", r, len(invalid))
		}
	})
}
