#!/usr/bin/env bash
# Copies the CustomResourceDefinitions of the kinds that the chart can write to build/crds and prints that folder. They come from
# the Go modules of their projects; 1 where those cannot be had.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
to=$(realpath -m ../../build/crds)
mkdir -p "$to"
# copy MODULE@VERSION FILE...
copy() {
  local folder module=$1
  shift
  folder=$(cd "$to" && go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  for file in "$@"; do install -m 0644 "$folder/$file" "$to/"; done
}
copy github.com/cert-manager/cert-manager@v1.21.2 deploy/crds/cert-manager.io_{certificates,issuers}.yaml
copy github.com/prometheus-operator/prometheus-operator@v0.85.0 \
  example/prometheus-operator-crd/monitoring.coreos.com_{servicemonitors,prometheusrules}.yaml
echo "$to"
