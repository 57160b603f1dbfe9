#!/bin/sh
# Prints the -ldflags that stamp a build with its version and commit. They come from the
# environment (VERSION, COMMIT), else from git. Without either, the program shows what
# the Go toolchain recorded. The images add -s -w.
set -eu
cd "$(dirname "$0")/../.."

version=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || true)}
commit=${COMMIT:-$(git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || true)}
for value in "$version" "$commit"; do
  case $value in
  *[!A-Za-z0-9._+-]*)
    echo "VERSION and COMMIT may contain only letters, digits and ._+-: $value" >&2
    exit 1
    ;;
  esac
done
echo "-X aecode/common/version.Version=$version -X aecode/common/version.Commit=$commit"
