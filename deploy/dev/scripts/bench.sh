#!/usr/bin/env bash
# bench.sh [LOAD.csv | --million | --terminology | --memory]
#
# Measures the whole system under load on both stores, with CPU profiles, and then runs
# the micro-benchmarks. Terminology is measured on a composed release of MedDRA's full
# size, beside other search engines. The output is in Go's benchmark format. Without
# LOAD.csv, the load is made from the demo data.
#
#   --million      only one run of 1,000,000 reports on PostgreSQL
#   --terminology  only the measurements at full size
#   --memory       only the heap over ten million queries and a hundred reloads
set -euo pipefail
cd "$(dirname "$0")/../../.."
GOFLAGS=$(deploy/dev/scripts/goflags.sh)
export GOFLAGS

load=${1:-}
id=AESPID
n=50000

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

# Makes the release and the verbatims for all engines.
compose() {
  export AECODE_BENCH_RELEASE=$temporary/99.0 AECODE_BENCH_QUERIES=$temporary/queries.csv
  go run ./deploy/dev/demo/genmeddra -out "$AECODE_BENCH_RELEASE" -queries "$AECODE_BENCH_QUERIES" "$@"
}
terminology() {
  go test -run '^$' -bench . -benchmem ./terminology ./terminology/internal/coder ./terminology/internal/server
  go -C deploy/dev/bench test -timeout 30m -run '^$' -bench . ./retrieval
}
case "$load" in
  --memory)
    compose -n 200000
    AECODE_BENCH_MEMORY=1 go test -timeout 3h -run '^$' -bench 'Memory$' -benchtime 1x ./terminology/internal/coder
    exit ;;
  --terminology)
    compose
    terminology
    exit ;;
esac

if [ "$load" = --million ]; then
  n=1000000
  load=
fi
if [ -z "$load" ]; then
  load=$temporary/load.csv
  go run ./deploy/dev/demo/genload -n "$n" -seed 1 -out "$load"
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
echo "once more with profiles, which reduce the speed:"
nightly --store sqlite,postgres --n 50000 --profile

go test -run '^$' -bench . -benchmem ./common/retry ./common/idempotency ./terminology/internal/meddra ./data-sync/internal/...
go -C deploy/dev/bench test -run '^$' -bench . -benchmem .
compose
terminology
