#!/usr/bin/env bash
# Builds one image that replaces golang, postgres, redis and prometheus where no registry
# is reachable, from Debian's packages and this machine's Go. It has the parts of the
# official images that docker-compose.yml needs: users, folders, environment, entrypoint.
# It keeps an existing image, unless --again is given.
set -euo pipefail
cd "$(dirname "$0")"

image=aecode-e2e/standin:local
[ "${1:-}" = --again ] || ! docker image inspect "$image" >/dev/null 2>&1 || exit 0

if ! command -v mmdebstrap >/dev/null; then
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "please install mmdebstrap: the image is built with it" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends mmdebstrap >/dev/null
fi
mode=unshare
[ "$(id -u)" -ne 0 ] || mode=root

# In the official images, uid 999 is the user of postgres and the user of redis.
setup='
groupmod -g 999 postgres && usermod -u 999 postgres
groupmod -o -g 999 redis && usermod -o -u 999 redis
rm -rf /var/lib/postgresql /etc/postgresql /etc/prometheus
install -d -o 999 -g 999 /var/lib/postgresql /var/lib/postgresql/data /data
install -d -o 65534 -g 65534 /prometheus
ln -s /usr/lib/postgresql/*/bin /opt/postgresql
mv /root/docker-entrypoint.sh /usr/local/bin/
'
# With this machine's CA certificates, so that a build in the image trusts the same CAs.
mmdebstrap --quiet --mode="$mode" --variant=minbase \
  --include=ca-certificates,postgresql,redis-server,prometheus \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs' \
  --customize-hook='copy-in docker-entrypoint.sh /root' \
  --customize-hook="copy-in $(go env GOROOT) /usr/local" \
  --customize-hook="chroot \"\$1\" sh -ec '$setup'" \
  bookworm - |
  docker import \
    --change 'ENV PATH=/usr/local/go/bin:/opt/postgresql:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    --change 'ENV GOTOOLCHAIN=local' \
    --change 'ENV PGDATA=/var/lib/postgresql/data' \
    --change 'ENTRYPOINT ["docker-entrypoint.sh"]' \
    - "$image" >/dev/null
