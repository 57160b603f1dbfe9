package idempotency

import (
	"crypto/sha256"
	"fmt"
)

const (
	stateInProgress = 'P'
	stateDone       = 'D'
)

// Widths of a record's parts; see the package comment. The scripts know them
// too.
const (
	ownerWidth       = 12
	fingerprintWidth = 16
	headWidth        = 1 + ownerWidth + fingerprintWidth
)

// token stands for an owner or a fingerprint of any length. Cut to 96 bits two
// owners, cut to 128 bits two payloads are told apart as surely as by the whole.
func token(s string, width int) string {
	sum := sha256.Sum256([]byte(s))
	return string(sum[:width])
}

func ownerToken(s string) string       { return token(s, ownerWidth) }
func fingerprintToken(s string) string { return token(s, fingerprintWidth) }

// tokens remembers the last owner: a batch has one as a rule.
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

// inProgress is the exact value a claim writes, from tokens.
func inProgress(owner, fingerprint string) string {
	return string(stateInProgress) + owner + fingerprint
}

// decodeRecord refuses anything that this package cannot have written.
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
