package charset

import "unicode/utf8"

// western counts the high bytes that stand between two ASCII letters, and those of
// them that windows-1252 has for accented letters, œ and the apostrophe. Other
// charsets of one byte, such as code page 850 and windows-1250, have theirs elsewhere.
type western struct{ lines, inWord, accented int64 }

func (w *western) add(line []byte) {
	w.lines++
	for i := 1; i+1 < len(line); i++ {
		if c := line[i]; c >= utf8.RuneSelf && letter(line[i-1]) && letter(line[i+1]) {
			w.inWord++
			if c >= 0xC0 && c != 0xD7 && c != 0xF7 || c == 0x92 || c == 0x9C {
				w.accented++
			}
		}
	}
}

func (w *western) likely() bool { return w.lines > 0 && 4*w.accented >= 3*w.inWord }
