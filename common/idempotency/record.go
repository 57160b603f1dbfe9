package idempotency

import "fmt"

const (
	stateInProgress = 'P'
	stateDone       = 'D'
)

// record is the decoded value of a Redis key; see the package comment.
type record struct {
	done        bool
	owner       string
	fingerprint string
	result      string
}

// field prefixes s with its length in one byte; the limits keep it below 256.
func field(s string) string {
	return string([]byte{byte(len(s))}) + s
}

// inProgress is the exact value a claim writes.
func inProgress(owner, fingerprint string) string {
	b := make([]byte, 0, 3+len(owner)+len(fingerprint))
	b = append(b, stateInProgress, byte(len(owner)))
	b = append(b, owner...)
	b = append(b, byte(len(fingerprint)))
	b = append(b, fingerprint...)
	return string(b)
}

// decodeRecord refuses anything that this package cannot have written.
func decodeRecord(v string) (record, error) {
	if v == "" || (v[0] != stateInProgress && v[0] != stateDone) {
		return record{}, fmt.Errorf("%w: unknown state", ErrCorrupt)
	}
	rec := record{done: v[0] == stateDone}
	rest := v[1:]
	var ok bool
	if rec.owner, rest, ok = cutField(rest); !ok {
		return record{}, fmt.Errorf("%w: owner cut short", ErrCorrupt)
	}
	if rec.fingerprint, rest, ok = cutField(rest); !ok {
		return record{}, fmt.Errorf("%w: fingerprint cut short", ErrCorrupt)
	}
	if !rec.done && rest != "" {
		return record{}, fmt.Errorf("%w: in progress with a result", ErrCorrupt)
	}
	rec.result = rest
	return rec, nil
}

func cutField(s string) (value, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	n := int(s[0])
	if n == 0 || len(s) < 1+n {
		return "", "", false
	}
	return s[1 : 1+n], s[1+n:], true
}
