#!/bin/bash
# One image stands in for several official ones: the command says which.
set -eu
case "${1:-}" in
postgres)
  # As the official image: the first start sets the cluster up.
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
  # The prometheus image's entrypoint is the program, which is given flags alone.
  set -- prometheus "$@"
  ;;
esac
exec "$@"
