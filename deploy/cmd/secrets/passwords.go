package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// pgpass gives a password file of PostgreSQL's clients, for verify:
// https://www.postgresql.org/docs/current/libpq-pgpass.html
func pgpass(secret string) string { return "*:*:*:*:" + secret + "\n" }

// usersACL gives Redis's access control list. The default user has the SHA-256 of its
// password, and no commands that an application never needs. The user health may only
// ping: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
func usersACL(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "user default on sanitize-payload #" + hex.EncodeToString(sum[:]) + " ~* &* +@all -@admin -@dangerous +info\n" +
		"user health on nopass resetchannels -@all +ping\n"
}

// passwords writes the missing files of one secret. It reads the secret from the file
// that holds it in plaintext. If no file is there, it makes a new secret. If only files
// that do not hold it in plaintext are there, it gives an error.
func (m *maker) passwords(secret string) error {
	var files []string
	var forms []password
	value, missing := "", 0
	for _, id := range identities {
		for _, p := range id.passwords {
			if p.secret != secret {
				continue
			}
			path := filepath.Join(m.root, id.name, p.file)
			files, forms = append(files, path), append(forms, p)
			content, err := os.ReadFile(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				missing++
			case err != nil:
				return fmt.Errorf("read the %s password: %w", secret, err)
			case p.form == nil:
				value = strings.TrimSuffix(string(content), "\n")
			}
		}
	}
	switch {
	case missing == 0:
		return nil
	case value == "" && missing < len(files):
		return fmt.Errorf("the %s password cannot be read from the files that are there: remove %s, and the volumes that were set up with it",
			secret, strings.Join(files, " and "))
	case value == "":
		value = rand.Text()
	}
	for i, path := range files {
		if _, err := os.Stat(path); err == nil {
			continue
		}
		content := value
		if forms[i].form != nil {
			content = forms[i].form(value)
		}
		if err := m.write(path, []byte(content), forms[i].mode); err != nil {
			return err
		}
	}
	return nil
}
