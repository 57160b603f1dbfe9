package charset

import "unicode/utf8"

// western counts the high bytes that stand between two ASCII letters, and those of
// them that windows-1252 has for accented letters and the apostrophe. Other western
// charsets, such as code page 850, have theirs elsewhere.
type western struct{ inWord, accented int64 }

func (w *western) add(line []byte) {
	for i := 1; i+1 < len(line); i++ {
		if c := line[i]; c >= utf8.RuneSelf && letter(line[i-1]) && letter(line[i+1]) {
			w.inWord++
			if c >= 0xC0 && c != 0xD7 && c != 0xF7 || c == 0x92 {
				w.accented++
			}
		}
	}
}

func (w *western) likely() bool { return 2*w.accented >= w.inWord }
