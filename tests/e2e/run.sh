#!/usr/bin/env bash
# Runs mountguard behind a real kube-apiserver: tests/e2e/run.sh [go test flags]
# MOUNTGUARD_BIN and CLUSTER_BIN name other binaries than those of build/. Exits with 77, and says
# why, where it cannot run at all; a binary that is named but missing is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly kubernetes_version=v1.36.3
readonly build=../../build
readonly mountguard=${MOUNTGUARD_BIN:-$build/release/mountguard}
readonly cluster=${CLUSTER_BIN:-$build/e2e/cluster}

. ../go_needed.sh
need_go
[[ -n ${MOUNTGUARD_BIN:-} || -x $mountguard ]] ||
  skip "no $mountguard; build it (cmake --workflow --preset check) or set MOUNTGUARD_BIN"

if [[ -z ${CLUSTER_BIN:-} ]]; then
  echo "building $cluster (minutes the first time, seconds after)" >&2
  # Clients parse the version; without it kubectl and the API server call themselves v0.0.0.
  nice go build -trimpath -o "$cluster" \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes_version" ./cmd/cluster
fi

MOUNTGUARD_BIN=$(realpath "$mountguard") CLUSTER_BIN=$(realpath "$cluster") \
  exec go test -count=1 "$@" ./...
