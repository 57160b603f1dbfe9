package store

import (
	"context"
	"crypto/rand"
	"fmt"
)

// keyBytes is the length of the installation key.
const keyBytes = 32

// InstallationKey gives the key of this installation's digests and
// fingerprints, 32 random bytes, the same for every replica on this database.
// It is made at the first call. It guards what stands outside the database,
// which holds the verbatims themselves.
func (s *Store) InstallationKey(ctx context.Context) (key []byte, err error) {
	fresh := make([]byte, keyBytes)
	_, _ = rand.Read(fresh) // never fails
	err = s.inShortWrite(ctx, func(ctx context.Context, t *txn) error {
		if _, err := t.exec(ctx, `INSERT INTO installation (id, key) VALUES (1, $1) ON CONFLICT (id) DO NOTHING`, fresh); err != nil {
			return err
		}
		_, err := t.row(ctx, `SELECT key FROM installation WHERE id = 1`, nil, &key)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("installation key: %w", err)
	}
	return key, nil
}
