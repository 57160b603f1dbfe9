package verbatim

import (
	"strings"
	"unicode"
)

// foldChinese drops what Chinese writing does not mean: spaces beside a Han
// character or a Chinese punctuation mark, and which of several marks was typed.
func foldChinese(s string) string {
	s = strings.Map(unifyChinese, s)
	if !strings.Contains(s, " ") {
		return trimStop(s)
	}
	b := make([]byte, 0, len(s))
	var last rune
	space := false
	for _, r := range s {
		if r == ' ' {
			space = true
			continue
		}
		if space && !cjk(last) && !cjk(r) {
			b = append(b, ' ')
		}
		space, last = false, r
		b = append(b, string(r)...)
	}
	return trimStop(string(b))
}

func cjk(r rune) bool {
	return r >= 0x2E80 && (unicode.Is(unicode.Han, r) || 0x3000 <= r && r <= 0x303F)
}

func unifyChinese(r rune) rune {
	switch r {
	case '。', '．':
		return '.'
	case '【', '〔', '〖':
		return '['
	case '】', '〕', '〗':
		return ']'
	case '〜', '∼':
		return '~'
	case '•', '‧', '・', '∙', '⋅':
		return '·'
	}
	return r
}
