#!/usr/bin/env bash
# Runs mountguard behind a real kube-apiserver: tests/e2e/run.sh [go test flags]
# MOUNTGUARD_BIN and CLUSTER_BIN name other binaries than those of build/. Exits with 77, and says
# why, where it cannot run at all; a binary that is named but missing is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly build=../../build
readonly mountguard=${MOUNTGUARD_BIN:-$build/release/mountguard}

. ../go_needed.sh
need_go
[[ -n ${MOUNTGUARD_BIN:-} || -x $mountguard ]] ||
  skip "no $mountguard; build it (cmake --workflow --preset check) or set MOUNTGUARD_BIN"

. ./build_cluster.sh
. ./chart_tools.sh
build_cluster

find_chart_tools

MOUNTGUARD_BIN=$(realpath "$mountguard") CLUSTER_BIN=$(realpath "$cluster") \
  exec go test -count=1 "$@" . ./harness
