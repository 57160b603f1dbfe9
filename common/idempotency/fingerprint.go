package idempotency

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
)

// MinSecretLen is the length of the shortest installation key accepted, in bytes.
const MinSecretLen = 16

// Secret is the installation's key for fingerprints. It prints as a placeholder.
type Secret struct{ key []byte }

// NewSecret returns a secret with a copy of key, which must have at least
// MinSecretLen bytes. All replicas of an installation must use the same key. After
// a change of the key, repeated requests are mismatches until the retention of
// their records ends.
func NewSecret(key []byte) (Secret, error) {
	if len(key) < MinSecretLen {
		return Secret{}, fmt.Errorf("idempotency: the installation key must have at least %d bytes, has %d", MinSecretLen, len(key))
	}
	return Secret{key: slices.Clone(key)}, nil
}

// String returns a placeholder instead of the key.
func (Secret) String() string { return "[secret]" }

// GoString returns a placeholder instead of the key.
func (Secret) GoString() string { return "idempotency.Secret{}" }

// Fingerprint identifies a payload without revealing it. It is the HMAC-SHA-256
// (RFC 2104) of the parts with the installation key, as 43 characters of
// base64url. A plain hash is not enough: that of "headache" can be found by trying
// words. Parts are length-prefixed, so that ("ab", "c") differs from ("a", "bc").
// Never put the number of the attempt or a time into a part. With the zero Secret
// the result is "", which a claim refuses.
func Fingerprint(secret Secret, parts ...string) string {
	if len(secret.key) == 0 {
		return ""
	}
	n := 0
	for _, p := range parts {
		n += 8 + len(p)
	}
	msg := make([]byte, 0, n)
	for _, p := range parts {
		msg = binary.BigEndian.AppendUint64(msg, uint64(len(p)))
		msg = append(msg, p...)
	}
	mac := hmac.New(sha256.New, secret.key)
	mac.Write(msg)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
