#!/bin/bash
# This image replaces several official ones. The command says which.
set -eu
case "${1:-}" in
postgres)
  # As in the official image, the first start makes the database cluster.
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="${POSTGRES_USER:-postgres}" --pwfile="$POSTGRES_PASSWORD_FILE" \
      --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --no-instructions >/dev/null
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then
      pg_ctl --silent --wait start --options="-c listen_addresses=''"
      createdb --username="${POSTGRES_USER:-postgres}" "$POSTGRES_DB"
      pg_ctl --silent --wait stop --mode=fast
    fi
  fi
  ;;
-*)
  # The entrypoint of the prometheus image is the program; the command has only flags.
  set -- prometheus "$@"
  ;;
esac
exec "$@"
