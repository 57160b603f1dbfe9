package configfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// maxSecret is the largest secret read from a file, in bytes.
const maxSecret = 64 << 10

// ReadSecret returns a secret given either inline (usually from ${VAR}) or as
// the content of the file at path (Password and PasswordFile, say), of which
// one trailing newline is dropped. Neither gives "". Both at once, an
// unreadable or empty file, or one that is not text is an error; the error
// never holds the secret.
func ReadSecret(inline, path string) (string, error) {
	switch {
	case path == "":
		return inline, nil
	case inline != "":
		return "", errors.New("a secret is given both inline and as a file; give one")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("secret file: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("secret file: reading %s: %w", path, err)
	}
	secret := string(content)
	if cut, ok := strings.CutSuffix(secret, "\n"); ok {
		secret = strings.TrimSuffix(cut, "\r")
	}
	switch {
	case secret == "":
		return "", fmt.Errorf("secret file: %s is empty", path)
	case len(content) > maxSecret:
		return "", fmt.Errorf("secret file: %s is larger than %d bytes", path, maxSecret)
	case !utf8.ValidString(secret) || strings.ContainsRune(secret, 0):
		return "", fmt.Errorf("secret file: %s is not text", path)
	}
	return secret, nil
}
