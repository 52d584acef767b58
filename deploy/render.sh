#!/usr/bin/env bash
# Writes what follows from the chart and the program, for a change of either:
#
#   deploy/render.sh [DIRECTORY]     (deploy/ itself unless given)
#
#   chart/files/baseline.yaml           the policy of a default installation
#   chart/files/match-conditions.yaml   its matchConditions, as the program prints them
#   install.yaml                        the chart with its default values, for kubectl apply
#   static-pod/webhook.yaml             the webhook configuration for a URL of the control plane
#
# HELM names Helm (tests/chart/helm.sh builds one), MOUNTGUARD the program. Tests hold the files equal to what this writes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
to=${1:-$root/deploy}
helm=${HELM:-helm}
mountguard=${MOUNTGUARD:-$root/build/release/mountguard}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$to/chart/files" "$to/static-pod"
cp -r "$root/deploy/chart" "$work/chart"
cp "$root/policy/baseline.yaml" "$work/chart/files/baseline.yaml"
"$mountguard" policy export --policy "$work/chart/files/baseline.yaml" --match-conditions >"$work/chart/files/match-conditions.yaml"

# render OUTPUT ARGUMENT...: without what only Helm needs.
render() {
  local output=$1
  shift
  "$helm" template mountguard "$work/chart" --namespace mountguard-system --skip-tests "$@" |
    sed -e '/^# Source: /d' -e '/^ *helm\.sh\/chart: /d' -e '/^ *app\.kubernetes\.io\/managed-by: /d' >"$work/body"
  { sed 's/^/# /' && cat "$work/body"; } >"$work/output"
  mv "$work/output" "$output"
}
render "$to/install.yaml" --set namespace.create=true <<'E'
mountguard with its default values: kubectl apply -f install.yaml. docs/install.md says what else there is.
Rendered from deploy/chart by deploy/render.sh; do not edit.
E
render "$to/static-pod/webhook.yaml" --show-only templates/webhook.yaml --set webhook.url=https://127.0.0.1:9443 <<'E'
The webhook configuration for deploy/static-pod/mountguard.yaml; `mountguard certs inject` adds the CA.
Rendered from deploy/chart by deploy/render.sh; do not edit.
E
cp "$work/chart/files/baseline.yaml" "$work/chart/files/match-conditions.yaml" "$to/chart/files/"
