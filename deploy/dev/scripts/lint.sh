#!/usr/bin/env bash
# Formatting, go vet and golangci-lint over the repository's own code.
set -euo pipefail
cd "$(dirname "$0")/../../.."
GOFLAGS=$(deploy/dev/scripts/goflags.sh)
export GOFLAGS

unformatted=$(git ls-files -co --exclude-standard '*.go' | grep -v '\.pb\.go$' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
  echo "gofmt would change:" >&2
  echo "$unformatted" >&2
  exit 1
fi
go vet ./...
go -C deploy/dev/bench vet ./...
go -C deploy/dev/tools/lint build -o ../../../../bin/tools/ tool
bin/tools/golangci-lint run ./...
# The files that only a build with fault injection has: who imports whom.
bin/tools/golangci-lint run --build-tags no_k8s,faults --enable-only depguard ./data-sync/...
