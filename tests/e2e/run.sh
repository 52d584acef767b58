#!/usr/bin/env bash
# Runs mountguard behind a real kube-apiserver: tests/e2e/run.sh [go test flags]
# MOUNTGUARD_BIN and CLUSTER_BIN name other binaries than those of build/. Exits with 77, and says
# why, where it cannot run at all; a binary that is named but missing is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly go_needed=1.26
readonly kubernetes_version=v1.36.3
readonly build=../../build
readonly mountguard=${MOUNTGUARD_BIN:-$build/release/mountguard}
readonly cluster=${CLUSTER_BIN:-$build/e2e/cluster}

skip() {
  echo "e2e skipped: $1" >&2
  exit 77
}

command -v go >/dev/null || skip "no go on the PATH; Go $go_needed or newer is needed"
# A newer toolchain must be asked for by whoever runs this, not fetched behind their back.
export GOTOOLCHAIN=local
go_version=$(go env GOVERSION)
printf '%s\n' "go$go_needed" "$go_version" | sort --version-sort --check=quiet ||
  skip "$go_version is older than Go $go_needed"
[[ -n ${MOUNTGUARD_BIN:-} || -x $mountguard ]] ||
  skip "no $mountguard; build it (cmake --workflow --preset check) or set MOUNTGUARD_BIN"
go list -deps -test ./... >/dev/null || skip "the Go modules of go.mod are not at hand"

if [[ -z ${CLUSTER_BIN:-} ]]; then
  echo "building $cluster (minutes the first time, seconds after)" >&2
  # Clients parse the version; without it kubectl and the API server call themselves v0.0.0.
  nice go build -trimpath -o "$cluster" \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes_version" ./cmd/cluster
fi

MOUNTGUARD_BIN=$(realpath "$mountguard") CLUSTER_BIN=$(realpath "$cluster") \
  exec go test -count=1 "$@" ./...
