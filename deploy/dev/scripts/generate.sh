#!/usr/bin/env bash
# Generates the protobuf code and the goctl layout from proto/. goctl rewrites
# proto/*/*.pb.go and each service's internal/server. It adds logic files for new
# methods and does not change existing ones.
set -euo pipefail
cd "$(dirname "$0")/../../.."
GOFLAGS=$(deploy/dev/scripts/goflags.sh)
export GOFLAGS

tools="$PWD/bin/tools"
go -C deploy/dev/tools build -o "$tools/" tool
export PATH="$tools:$PATH"

generate() { # proto service
  goctl rpc protoc "proto/$1/$1.proto" --proto_path=proto \
    --go_out=. --go_opt=module=aecode --go-grpc_out=. --go-grpc_opt=module=aecode \
    --zrpc_out="./$2" --style=go_zero --name-from-filename --client=false >/dev/null
}
generate terminology terminology
generate datasync data-sync
