package charset

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Byte order marks.
var (
	markUTF8    = []byte{0xEF, 0xBB, 0xBF}
	markUTF16LE = []byte{0xFF, 0xFE}
	markUTF16BE = []byte{0xFE, 0xFF}
	markUTF32LE = []byte{0xFF, 0xFE, 0x00, 0x00}
	markUTF32BE = []byte{0x00, 0x00, 0xFE, 0xFF}
	markGB18030 = []byte{0x84, 0x31, 0x95, 0x33}
)

// utf8Decoder copies valid UTF-8 and marks the rest.
type utf8Decoder struct{}

func (utf8Decoder) decode(dst, src []byte, atEOF bool) ([]byte, int) {
	if !atEOF {
		src = src[:len(src)-incomplete(src)]
	}
	if utf8.Valid(src) {
		return append(dst, src...), len(src)
	}
	start := 0
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf {
			i++
			continue
		}
		if r, size := utf8.DecodeRune(src[i:]); r != utf8.RuneError || size > 1 {
			i += size
			continue
		}
		dst = append(dst, src[start:i]...)
		dst = append(dst, Invalid, src[i])
		i++
		start = i
	}
	return append(dst, src[start:]...), len(src)
}

// incomplete is how many bytes at the end of b begin a UTF-8 sequence that more
// bytes can complete: 0 to 3.
func incomplete(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				return 0
			}
			return n
		}
	}
	return 0
}

// wideDecoder decodes UTF-16 and UTF-32.
type wideDecoder struct {
	// order of the bytes. While it is nil, the start of the file decides.
	order binary.ByteOrder
	wide  bool // 4 bytes a unit instead of 2
}

func (d *wideDecoder) decode(dst, src []byte, atEOF bool) ([]byte, int) {
	size := 2
	if d.wide {
		size = 4
	}
	n := 0
	for len(src)-n >= size {
		b := src[n : n+size]
		if d.order == nil {
			d.order = orderOf(b)
		}
		var r rune
		if d.wide {
			v := d.order.Uint32(b)
			r = rune(min(v, utf8.MaxRune+1))
		} else {
			r = rune(d.order.Uint16(b))
		}
		if utf8.ValidRune(r) {
			dst = utf8.AppendRune(dst, r)
			n += size
			continue
		}
		if !d.wide && r < 0xDC00 { // the first half of a pair
			if len(src)-n < 2*size {
				if !atEOF {
					return dst, n
				}
			} else if pair := utf16.DecodeRune(r, rune(d.order.Uint16(src[n+size:]))); pair != utf8.RuneError {
				dst = utf8.AppendRune(dst, pair)
				n += 2 * size
				continue
			}
		}
		dst = appendInvalid(dst, b)
		n += size
	}
	if atEOF {
		return appendInvalid(dst, src[n:]), len(src)
	}
	return dst, n
}

// orderOf gives the byte order of a file whose first unit is b.
func orderOf(b []byte) binary.ByteOrder {
	if b[0] == 0 || b[0] == 0xFE && b[1] == 0xFF {
		return binary.BigEndian
	}
	return binary.LittleEndian
}
