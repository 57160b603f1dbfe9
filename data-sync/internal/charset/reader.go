package charset

import (
	"bytes"
	"io"
)

// readSize is how many bytes of the source a reader holds.
const readSize = 32 << 10

// decoder turns the bytes of one file into UTF-8.
type decoder interface {
	// decode appends the text of the first n bytes of src to dst. It leaves up to
	// seven bytes: a sequence that is not complete. At the end of the file it leaves
	// none.
	decode(dst, src []byte, atEOF bool) (out []byte, n int)
}

type reader struct {
	from    io.Reader
	decoder decoder
	started bool // the place of the byte order mark is passed

	source []byte // read and not decoded
	text   []byte // decoded and not given away
	buffer []byte // the storage of text
	err    error  // of from; io.EOF at its end
	ended  bool   // err is io.EOF
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(r.text) == 0 {
		if r.err != nil && (len(r.source) == 0 || !r.ended) {
			return 0, r.err
		}
		if r.err == nil {
			r.fill()
		}
		var n int
		r.buffer, n = r.decoder.decode(r.buffer[:0], r.source, r.ended)
		r.source = r.source[:copy(r.source, r.source[n:])]
		r.text = r.buffer
		if !r.started && len(r.text) > 0 {
			r.started = true
			r.text = bytes.TrimPrefix(r.text, markUTF8)
		}
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// fill reads once into source.
func (r *reader) fill() {
	if r.source == nil {
		r.source = make([]byte, 0, readSize)
	}
	for range 100 {
		n, err := r.from.Read(r.source[len(r.source):cap(r.source)])
		r.source = r.source[:len(r.source)+n]
		r.err = err
		// Not errors.Is: an error that wraps io.EOF is no regular end.
		r.ended = err == io.EOF
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}

// appendInvalid appends each byte of b with its mark.
func appendInvalid(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, Invalid, c)
	}
	return dst
}
