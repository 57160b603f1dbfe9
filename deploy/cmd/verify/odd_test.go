package main

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// numbered is a text of n bytes no two long parts of which are equal.
func numbered(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.String()[:n]
}

// oddCSV has a record of every kind that README's rules for rows name, with each
// kind of line end, and how many distinct ones.
func oddCSV() (content []byte, distinct int64) {
	var b bytes.Buffer
	b.WriteString("\xef\xbb\xbf \t\r\nSTUDYID, usubjid ,aeseq,\"AETERM\",LANG,AESER\r\n")
	ends := []string{"\n", "\r\n", "\r"}
	n, round := 0, 0
	add := func(records int64, lines ...string) {
		n++
		id := fmt.Sprintf("ODD,U|\\1,%d", n)
		for i, l := range lines {
			b.WriteString(strings.ReplaceAll(l, "ID", id) + ends[(n+i+round)%3])
		}
		distinct += records
	}
	for round = range ends {
		add(1, `ID,headache,en,N`)
		add(1, `ID,"head, ""ache""",en,Y`)
		add(1, `"ODD","U","`+fmt.Sprint(n)+`","ends with a quote""","en",""`)
		add(1, "ID,\"two\nlines\",,")
		add(1, "ID,\"three\r\nlines\rhere\",,")
		add(1, `ID,"unclosed,en,Y`)
		add(1, `ID,"closed"x,en,Y`)
		add(1, `ID,"closed" 	,en, N`)
		add(1, `ID,in"side,"a language, or not",N`)
		add(1, "ID,caf\xe9,en,Y")
		add(1, "ID,nul\x00here,en,Y")
		add(1, "ID,tab\there,en,Y")
		add(1, "ID,line\u2028separator,en,Y")
		add(1, "ID,\u200b padded \u3000,en_US,")
		add(1, "ID,,en,")
		add(1, "ID,头痛,ZHO,")
		add(1, `ID,bytes:"x",-en,`)
		add(1, "ID,fever,"+strings.Repeat("a", 40)+",")
		add(1, "ID,"+strings.Repeat("x", 1200)+",en,")
		add(1, "ID,"+numbered(maxRecordBytes)+",en,")
		add(1, `ID,"`+numbered(maxRecordBytes)+`",en,`)
		add(1, `ID,"`+strings.Repeat("a\n", 150)+`",en,N`)
		// Its lines are read one by one: the first unreadable, the rest of too few
		// cells, the last too.
		add(251, `ID,"`+strings.Repeat("a\n", 250)+`",en,N`)
		// Cut after 65,537 bytes while more than 131,073 remain.
		add(4, "ODD,U,"+fmt.Sprint(n)+","+numbered(5*maxRecordBytes-1000))
		add(0, "", " \t")
		add(1, "ID,too,many,cells,here,x")
		add(1, `ODD,U,,no id,en,`)
		add(1, `,U,1,no study,en,`)
		add(1, "ODD,U,\xff,bad id,en,")
		add(1, "ODD,U,"+strings.Repeat("i", 250)+",long id,en,")
		add(1, `ID,twice the same,en,`, `ID,twice the same,en,`)
		add(2, `ID,one verbatim,en,`, `ID,and another,en,`)
		add(2, `ID,two languages,en,`, `ID,two languages,zh,`)
	}
	b.WriteString("ODD,U,last,without a line end,en,N")
	return b.Bytes(), distinct + 1
}

func oddNDJSON() (content []byte, distinct int64) {
	var b bytes.Buffer
	for i, l := range []string{
		`{ID,"AETERM":"head\u0061che","LANG":null}`,
		`{"studyid":"NDJ","Usubjid":"V","AESEQ":"own","AETERM":"\ud83d\ude00 smile"}`,
		`{ID,"AETERM":"half \ud83d of a pair"}`,
		`{ID,"AETERM":"half \udc00\ud83d of a pair"}`,
		"{ID,\"AETERM\":\"no \xff character\\n\"}",
		`{ID,"AETERM":["x"]}`,
		`{ID,"AETERM":{"x":1}}`,
		`{ID,"AETERM":"x","aeterm":"y"}`,
		`{ID,"AETERM":12.50e3}`,
		`{ID,"AETERM":-0}`,
		`{ID,"AETERM":true, "X": false}`,
		`{ID,"AETERM":"x"`,
		`[1,2,"ID"]`,
		`{ID,"AETERM":"nul \u0000 x"}`,
		`{ID,"AETERM":"escapes \" \\ \/ \t\b"}`,
		" {ID , \"AETERM\" :\t\" , : \\u00e9\" , \"LANG\":\"en\" } ",
		`{ID,"AETERM":""}`,
		`{ID,"":"x"}`,
		`{ID,"AETERM":"x"} more`,
		`{ID,"AETERM":01}`,
		`{ID,"k\ud800":"x"}`,
		`{ID,"a\u0001b":"c"}`,
		`{"STUDYID":null,"USUBJID":"U","AESEQ":1,"AETERM":"x"}`,
		`{"AETERM":"no identity"}`,
		`{}`,
		`{ID,"AETERM":"  \u2028 padded \u200b "}`,
		"\xef\xbb\xbf{ID,\"AETERM\":\"with a mark\"}",
		`null`,
	} {
		id := fmt.Sprintf(`"STUDYID":"NDJ","USUBJID":"U","AESEQ":%d`, i)
		b.WriteString(strings.ReplaceAll(l, "ID,", id+",") + []string{"\n", "\r\n", "\r", "\n\n"}[i%4])
		distinct++
	}
	return b.Bytes(), distinct
}

// chineseCSV is in GB18030, with characters that cannot be decoded.
func chineseCSV() (content []byte, distinct int64) {
	b := bytes.NewBufferString("STUDYID,USUBJID,AESEQ,AETERM,LANG\n")
	for i := range 60 {
		text := fmt.Sprintf("GB,U,%d,%s,%s\n", i, []string{"头痛", "恶心呕吐", "“发热”", "㐀头\U00020000"}[i%4], []string{"中文", "zh-CN", ""}[i%3])
		if i%20 == 7 {
			text = fmt.Sprintf("GB,U,%d,RAW,zh\n", i)
		}
		line, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
		if err != nil {
			panic(err)
		}
		b.Write(bytes.ReplaceAll(line, []byte("RAW"), []byte("bad\xff\xb0")))
	}
	return b.Bytes(), 60
}

// changedCSV brings two records again with other verbatims: each stays one
// report with two versions.
func changedCSV() (content []byte, distinct int64) {
	return []byte("STUDYID,USUBJID,AESEQ,AETERM\nSTATIN,ABC001,1,vomiting all night\nSTATIN,ABC001,2,Fever and chills\n"), 2
}
