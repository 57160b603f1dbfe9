package idempotency

import (
	"crypto/sha256"
	"fmt"
)

const (
	stateInProgress = 'P'
	stateDone       = 'D'
)

// The widths of the parts of a record in bytes: see the package comment. The
// scripts contain them too.
const (
	ownerWidth       = 12
	fingerprintWidth = 16
	headWidth        = 1 + ownerWidth + fingerprintWidth
)

// token returns width bytes that identify an owner or a fingerprint of any length.
// 96 bits for owners and 128 bits for fingerprints make a collision as good as
// impossible.
func token(s string, width int) string {
	sum := sha256.Sum256([]byte(s))
	return string(sum[:width])
}

func ownerToken(s string) string       { return token(s, ownerWidth) }
func fingerprintToken(s string) string { return token(s, fingerprintWidth) }

// tokens makes the tokens of owners. It caches the last one, because a batch
// usually has one owner.
type tokens struct{ owner, is string }

func (t *tokens) of(owner string) string {
	if t.owner != owner {
		t.owner, t.is = owner, ownerToken(owner)
	}
	return t.is
}

// record is the decoded value of a Redis key.
type record struct {
	done        bool
	owner       string // token
	fingerprint string // token
	result      string
}

// inProgress returns the value that a claim writes, made of tokens.
func inProgress(owner, fingerprint string) string {
	return string(stateInProgress) + owner + fingerprint
}

// decodeRecord reads the value of a Redis key. It returns ErrCorrupt for a value
// that this package cannot have written.
func decodeRecord(v string) (record, error) {
	if v == "" || (v[0] != stateInProgress && v[0] != stateDone) {
		return record{}, fmt.Errorf("%w: unknown state", ErrCorrupt)
	}
	if len(v) < headWidth {
		return record{}, fmt.Errorf("%w: cut short", ErrCorrupt)
	}
	rec := record{
		done:        v[0] == stateDone,
		owner:       v[1 : 1+ownerWidth],
		fingerprint: v[1+ownerWidth : headWidth],
		result:      v[headWidth:],
	}
	if !rec.done && rec.result != "" {
		return record{}, fmt.Errorf("%w: in progress with a result", ErrCorrupt)
	}
	return rec, nil
}
