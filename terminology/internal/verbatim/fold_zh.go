package verbatim

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldChinese removes differences that have no meaning in Chinese: spaces beside a Han
// character or a Chinese punctuation mark, and variants of punctuation marks.
func foldChinese(s string) string {
	return trimStop(strings.Join(stretchesChinese(strings.Map(unifyChinese, s)), ""))
}

// stretchesChinese cuts a text at the spaces beside a Han character or a Chinese
// punctuation mark. Such spaces have no meaning in Chinese.
func stretchesChinese(s string) []string {
	var stretches []string
	start := 0
	for i := range len(s) {
		if s[i] != ' ' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+1:])
		if cjk(before) || cjk(after) {
			stretches = append(stretches, s[start:i])
			start = i + 1
		}
	}
	return append(stretches, s[start:])
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
