package charset

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Bounds on a name, in bytes: what Lookup compares and quotes of an unknown one, and
// what is no name at all.
const (
	maxQuotedBytes = 40
	maxNameBytes   = 100
)

// UnknownError says that no charset has a name.
type UnknownError struct {
	// Name as it was given, cut after 40 bytes.
	Name string
	// Nearest are up to three names that resemble it, the nearest first.
	Nearest []string
}

// Error names the nearest charsets.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("charset %q is not known; the nearest names are %s", e.Name, strings.Join(e.Nearest, ", "))
}

// Lookup gives the charset of a name, in any case and with any spaces, hyphens and
// underscores: the names and aliases of the WHATWG, such as "gbk", "sjis", "latin1"
// and "cp1252"; those of IANA; and those that database and office programs use, such
// as "cp936", "ms949" and "cp932".
//
// Where the two lists differ the WHATWG decides, so latin1 and iso-8859-1 are
// windows-1252 and iso-8859-9 is windows-1254. ASCII is read as UTF-8, so that other bytes are found. Any other name
// is an *UnknownError.
func Lookup(name string) (Charset, error) {
	known := registry()
	if len(name) > maxNameBytes {
		return Charset{}, &UnknownError{Name: cut(name), Nearest: known.nearest(squash(cut(name)))}
	}
	plain := squash(name)
	if canonical, ok := known.names[plain]; ok {
		return Charset{canonical}, nil
	}
	trimmed := strings.TrimSpace(name)
	for _, variant := range []string{trimmed, strings.ReplaceAll(trimmed, "_", "-"), strings.ReplaceAll(trimmed, " ", "-"), plain} {
		for _, get := range []func(string) (encoding.Encoding, error){htmlindex.Get, ianaindex.IANA.Encoding} {
			if e, err := get(variant); err == nil && e != nil {
				if canonical := nameOf(e); known.schemes[canonical].newDecoder != nil {
					return Charset{canonical}, nil
				}
			}
		}
	}
	return Charset{}, &UnknownError{Name: cut(name), Nearest: known.nearest(squash(cut(name)))}
}

// Names gives the names of all charsets, sorted.
func Names() []string {
	var names []string
	for name := range registry().schemes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// aliases are names that neither list has, or that it has for another charset. They
// are written as squash writes them.
var aliases = map[string]Charset{
	"ascii": UTF8, "usascii": UTF8, "ansix341968": UTF8, "646": UTF8,
	"utf8": UTF8, "utf8bom": UTF8, "utf8sig": UTF8, "cp65001": UTF8,
	"utf16": UTF16, "utf16le": UTF16LE, "utf16be": UTF16BE, "ucs2": UTF16, "unicode": UTF16, "cp1200": UTF16LE, "cp1201": UTF16BE,
	"utf32": UTF32, "utf32le": UTF32LE, "utf32be": UTF32BE, "ucs4": UTF32, "cp12000": UTF32LE, "cp12001": UTF32BE,
	"cp936": {"GBK"}, "ms936": {"GBK"}, "windows936": {"GBK"}, "euccn": {"GBK"}, "cp54936": GB18030,
	"cp949": EUCKR, "ms949": EUCKR, "uhc": EUCKR, "cp51949": EUCKR, "euckr": EUCKR,
	"cp932": ShiftJIS, "ms932": ShiftJIS, "windows932": ShiftJIS, "sjis": ShiftJIS, "shiftjis": ShiftJIS, "mskanji": ShiftJIS,
	"cp51932": EUCJP, "eucjp": EUCJP, "ujis": EUCJP,
	"cp950": Big5, "ms950": Big5, "windows950": Big5, "big5hkscs": Big5,
	"hz": {"HZ-GB-2312"}, "hzgb2312": {"HZ-GB-2312"},
	"ansi": Windows1252, "wlatin1": Windows1252, "macroman": {"macintosh"},
	"latin9": {"ISO-8859-15"}, "cp874": {"windows-874"}, "win1250": {"windows-1250"}, "win1251": {"windows-1251"}, "win1252": Windows1252,
}

// scheme is how a charset is decoded.
type scheme struct{ newDecoder func() decoder }

type charsets struct {
	// schemes by canonical name.
	schemes map[string]scheme
	// names has the canonical name of each name as squash writes it.
	names map[string]string
}

var registry = sync.OnceValue(func() charsets {
	c := charsets{schemes: map[string]scheme{}, names: map[string]string{}}
	add := func(name string, newDecoder func() decoder) {
		c.schemes[name] = scheme{newDecoder}
		c.names[squash(name)] = name
	}
	add(UTF8.name, func() decoder { return utf8Decoder{} })
	add(UTF16.name, func() decoder { return &wideDecoder{} })
	add(UTF16LE.name, func() decoder { return &wideDecoder{order: binary.LittleEndian} })
	add(UTF16BE.name, func() decoder { return &wideDecoder{order: binary.BigEndian} })
	add(UTF32.name, func() decoder { return &wideDecoder{wide: true} })
	add(UTF32LE.name, func() decoder { return &wideDecoder{wide: true, order: binary.LittleEndian} })
	add(UTF32BE.name, func() decoder { return &wideDecoder{wide: true, order: binary.BigEndian} })
	for _, e := range charmap.All {
		if e == charmap.ISO8859_1 || e == charmap.ISO8859_9 {
			continue // windows-1252 and windows-1254 stand for them
		}
		table := sync.OnceValue(func() *singleByte { return newSingleByte(e) })
		add(nameOf(e), func() decoder { return table() })
	}
	for _, e := range []encoding.Encoding{
		simplifiedchinese.GB18030, simplifiedchinese.GBK, korean.EUCKR, japanese.EUCJP, japanese.ShiftJIS, traditionalchinese.Big5,
	} {
		table := sync.OnceValue(func() *multibyte { return newMultibyte(e) })
		add(nameOf(e), func() decoder { return table() })
	}
	for _, e := range []encoding.Encoding{japanese.ISO2022JP, simplifiedchinese.HZGB2312} {
		add(nameOf(e), func() decoder { return &stateful{e.NewDecoder().Transformer} })
	}
	for alias, charset := range aliases {
		c.names[alias] = charset.name
	}
	return c
})

// nameOf is the name that IANA prefers in mail, else that of the WHATWG.
func nameOf(e encoding.Encoding) string {
	if name, err := ianaindex.MIME.Name(e); err == nil {
		return name
	}
	if name, err := htmlindex.Name(e); err == nil {
		return name
	}
	return fmt.Sprint(e)
}

// squash leaves the letters and digits of a name, in lower case.
func squash(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, name)
}

func cut(name string) string {
	return strings.ToValidUTF8(name[:min(len(name), maxQuotedBytes)], "?")
}

// nearest gives three names by how many letters differ from plain.
func (c charsets) nearest(plain string) []string {
	type candidate struct {
		name     string
		distance int
	}
	best := map[string]int{}
	for alias, name := range c.names {
		d := distance(plain, alias)
		if known, ok := best[name]; !ok || d < known {
			best[name] = d
		}
	}
	var all []candidate
	for name, d := range best {
		all = append(all, candidate{name, d})
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, found := range all[:min(3, len(all))] {
		names = append(names, found.name)
	}
	return names
}

// distance is how many bytes must be put in, left out or replaced to make b from a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
