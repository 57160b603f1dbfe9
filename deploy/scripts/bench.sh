#!/usr/bin/env bash
# bench.sh [LOAD.csv]: the whole system under 5,000 and 50,000 reports, then the
# micro-benchmarks, all in Go's benchmark format. Without a file the load is made
# from the demo data.
set -euo pipefail
cd "$(dirname "$0")/../.."

load=${1:-}
id=AESPID
if [ -z "$load" ]; then
  load=$(mktemp --suffix=.csv)
  trap 'rm -f "$load"' EXIT
  go run ./deploy/demo/genload -n 50000 -seed 1 -out "$load"
elif ! head -n 1 "$load" | grep -qw AESPID; then
  id=USUBJID,AESEQ
fi
bin/local bench --load "$load" --id "$id" --synonyms deploy/demo/synonyms.csv

go test -run '^$' -bench . -benchmem ./common/retry ./common/idempotency ./terminology/internal/... ./data-sync/internal/...
go -C deploy/bench test -run '^$' -bench . -benchmem ./...
