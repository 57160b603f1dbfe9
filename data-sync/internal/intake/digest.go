package intake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
)

// DigestInput is all that decides what a batch does to the store. The file's
// name is not part of it: a resend under another name is the same batch.
type DigestInput struct {
	Options
	FileHash  string
	Header    []byte
	Rows      []byte
	FirstLine int64
	Last      bool
}

// MinDigestKeyBytes is the shortest key that Digest takes.
const MinDigestKeyBytes = 16

// Digest gives a batch's HMAC-SHA-256 in hex, for report.Batch.Digest: equal
// inputs give equal digests, others do not. It is keyed with the installation's
// key because a plain hash of a short row can be reversed by guessing.
func Digest(key []byte, in DigestInput) (string, error) {
	if len(key) < MinDigestKeyBytes {
		return "", errors.New("digest key: it must have 16 bytes or more")
	}
	mac := hmac.New(sha256.New, key)
	write := func(fields ...string) {
		for _, f := range fields {
			writeCounted(mac, []byte(f))
		}
	}
	m := in.Mapping
	write("aecode intake batch 1", string(in.Format), string(in.Encoding), in.Source, in.FileHash)
	writeNumber(mac, int64(len(m.RecordID)))
	write(m.RecordID...)
	write(m.Study, m.Verbatim, m.Serious, m.Language)
	writeNumber(mac, in.FirstLine)
	last := int64(0)
	if in.Last {
		last = 1
	}
	writeNumber(mac, last)
	writeCounted(mac, in.Header)
	writeCounted(mac, in.Rows)
	// What a batch did not have before is left out where it has none of it, so that
	// a batch that the release before took in is recognised.
	if in.Separator != 0 || len(in.Numbers) > 0 || m.StudyValue != "" || len(m.Volatile) > 0 {
		write("reading", string(in.Separator), m.StudyValue)
		writeNumber(mac, int64(len(m.Volatile)))
		write(m.Volatile...)
		for _, n := range in.Numbers {
			writeNumber(mac, n)
		}
	}
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// writeCounted writes the length first, so that no two lists of fields run
// together into the same bytes.
func writeCounted(h hash.Hash, b []byte) {
	writeNumber(h, int64(len(b)))
	h.Write(b)
}

func writeNumber(h hash.Hash, n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // only the bits count
	h.Write(b[:])
}
