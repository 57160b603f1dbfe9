#!/usr/bin/env bash
# needs.sh gcc protoc postgresql redis prometheus compose: checks that each is installed.
# As root on Debian, it installs what is missing; otherwise it says what to install.
set -euo pipefail

packages=()
for need in "$@"; do
  case "$need" in
    gcc)
      # The race detector needs a C compiler and the C library's headers.
      command -v gcc >/dev/null && [ -e /usr/include/stdlib.h ] || packages+=(gcc libc6-dev) ;;
    protoc)
      # libprotobuf-dev brings google/protobuf/timestamp.proto.
      command -v protoc >/dev/null && [ -e /usr/include/google/protobuf/timestamp.proto ] ||
        packages+=(protobuf-compiler libprotobuf-dev) ;;
    postgresql)
      command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
        packages+=(postgresql) ;;
    redis)
      command -v redis-server >/dev/null || packages+=(redis-server) ;;
    prometheus)
      # The server and promtool.
      command -v prometheus >/dev/null && command -v promtool >/dev/null || packages+=(prometheus) ;;
    compose)
      docker compose version >/dev/null 2>&1 || command -v docker-compose >/dev/null || packages+=(docker-compose) ;;
    *) echo "needs.sh: unknown requirement: $need" >&2; exit 2 ;;
  esac
done
[ ${#packages[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Debian starts the servers that it installs. The tests start their own servers, so
  # this is switched off, also after the next boot.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
  if [[ " ${packages[*]} " == *" prometheus "* ]] && command -v systemctl >/dev/null; then
    systemctl disable --quiet prometheus.service
  fi
else
  echo "please install: ${packages[*]} (on Debian: sudo apt-get install ${packages[*]})" >&2
  exit 1
fi
