#!/usr/bin/env bash
# bench.sh [LOAD.csv | --million]: the whole system under load on both stores,
# and where the processors' time goes, then the micro-benchmarks, all in Go's
# benchmark format. Without a file the load is made from the demo data.
# --million is one run of 1,000,000 reports on PostgreSQL and nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

load=${1:-}
id=AESPID
n=50000
if [ "$load" = --million ]; then
  n=1000000
  load=
fi
if [ -z "$load" ]; then
  load=$(mktemp --suffix=.csv)
  trap 'rm -f "$load"' EXIT
  go run ./deploy/demo/genload -n "$n" -seed 1 -out "$load"
elif ! head -n 1 "$load" | grep -qw AESPID; then
  id=USUBJID,AESEQ
fi
nightly() { bin/local bench --load "$load" --id "$id" --synonyms deploy/demo/synonyms.csv "$@"; }
if [ "$n" = 1000000 ]; then
  nightly --store postgres --n "$n"
  exit
fi
nightly --store sqlite --n 5000,50000
nightly --store postgres --n 50000
echo "again with profiles, which cost some speed:"
nightly --store sqlite,postgres --n 50000 --profile

go test -run '^$' -bench . -benchmem ./common/retry ./common/idempotency ./terminology/internal/... ./data-sync/internal/...
go -C deploy/bench test -run '^$' -bench . -benchmem ./...
