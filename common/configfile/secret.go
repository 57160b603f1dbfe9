package configfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// maxSecret is the size of the largest secret file accepted, in bytes.
const maxSecret = 64 << 10

// ReadSecret returns a secret that is set either as a value, inline, or as the
// path of a file, as Password and PasswordFile are. It drops one newline at the
// end of the file. If neither is set, it returns "". It returns an error if both
// are set, and if the file cannot be read, is empty, is larger than 64 KiB or is
// not text. The error never contains the secret.
func ReadSecret(inline, path string) (string, error) {
	switch {
	case path == "":
		return inline, nil
	case inline != "":
		return "", errors.New("the secret is set both as a value and as a file: set only one of them")
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
		return "", fmt.Errorf("secret file: %s is not UTF-8 text", path)
	}
	return secret, nil
}
