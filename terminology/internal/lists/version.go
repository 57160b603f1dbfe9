package lists

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// NoVersion is the version of an empty list if no file is configured.
const NoVersion = "none"

// contentVersion is a short hash of a list's sorted content.
func contentVersion(lines []string) string {
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:6])
}
