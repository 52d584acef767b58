#!/usr/bin/env bash
# Builds Helm from its Go module (two minutes the first time) and prints its path: HELM=$(tests/chart/helm.sh)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
helm=$(realpath -m ../../build/helm)
# Charts are asked for a Kubernetes version; that of the client library is told at link time.
nice go build -trimpath -o "$helm" helm.sh/helm/v4/cmd/helm >&2
echo "$helm"
