#!/usr/bin/env bash
# Holds mountguard against Kubernetes' own code: tests/reference/run.sh MOUNTGUARD YAML_JSON
# MOUNTGUARD_LONG=1 compares 100,000 random objects instead of 20,000, and more policies. Exits with 77, and says why, where it cannot run.
set -euo pipefail
mountguard=$(realpath "$1")
yaml_json=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../go_needed.sh
need_go

objects=20000
[ -z "${MOUNTGUARD_LONG:-}" ] || objects=100000
MOUNTGUARD_BIN=$mountguard MOUNTGUARD_YAML_JSON=$yaml_json nice go test -count=1 -timeout 60m ./...
nice go run ./cmd/differ -n "$objects" -mountguard "$mountguard"
