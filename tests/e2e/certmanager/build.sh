#!/usr/bin/env bash
# Builds cert-manager from its Go module into build/certmanager, its definitions beside it, and prints that folder; 1 where the module
# cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
to=$(realpath -m ../../../build/certmanager)
mkdir -p "$to"
nice go build -ldflags "-s -w" -o "$to/certmanager" . >&2
module=$(go list -m -f '{{.Dir}}' github.com/cert-manager/cert-manager)
cat "$module"/deploy/crds/cert-manager.io_*.yaml >"$to/definitions.yaml"
echo "$to"
