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

// pgpass is a password file of PostgreSQL's clients, for the accounting program:
// https://www.postgresql.org/docs/current/libpq-pgpass.html
func pgpass(secret string) string { return "*:*:*:*:" + secret + "\n" }

// usersACL is Redis's access control list: the default user by the SHA-256 of its
// password, without what an application never needs, and one for health checks
// that may do nothing else: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/
func usersACL(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "user default on sanitize-payload #" + hex.EncodeToString(sum[:]) + " ~* &* +@all -@admin -@dangerous +info\n" +
		"user health on nopass resetchannels -@all +ping\n"
}

// passwords writes what is missing of one secret's files. A secret is found in the
// file that holds it as it is; where none does, a new one is made. Where some of
// its files are there and none tells it, there is nothing to go on with.
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
				return fmt.Errorf("look for the %s password: %w", secret, err)
			case p.form == nil:
				value = strings.TrimSuffix(string(content), "\n")
			}
		}
	}
	switch {
	case missing == 0:
		return nil
	case value == "" && missing < len(files):
		return fmt.Errorf("the %s password stands only in a form it cannot be read from: remove %s, and what was set up with it",
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
