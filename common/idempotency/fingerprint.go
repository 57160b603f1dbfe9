package idempotency

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
)

// MinSecretLen is the shortest installation key accepted, in bytes.
const MinSecretLen = 16

// Secret is the installation's key for fingerprints. It prints as a
// placeholder.
type Secret struct{ key []byte }

// NewSecret takes at least MinSecretLen bytes. All replicas of an installation
// must use the same; a changed secret turns repeated requests into mismatches
// until the records' retention ends.
func NewSecret(key []byte) (Secret, error) {
	if len(key) < MinSecretLen {
		return Secret{}, fmt.Errorf("idempotency: the installation key must have at least %d bytes, has %d", MinSecretLen, len(key))
	}
	return Secret{key: slices.Clone(key)}, nil
}

// String hides the key.
func (Secret) String() string { return "[secret]" }

// GoString hides the key.
func (Secret) GoString() string { return "idempotency.Secret{}" }

// Fingerprint stands for a payload without revealing it: HMAC-SHA-256 (RFC
// 2104) under the installation key, 43 characters of base64url. A plain hash
// would not do, since one of "headache" is found by trying words. Parts are
// length-prefixed: ("ab", "c") differs from ("a", "bc"). Never put the attempt
// or a time into a part. The zero Secret gives "", which a claim refuses.
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
