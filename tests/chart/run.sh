#!/usr/bin/env bash
# Holds the chart against Helm and against Kubernetes' own schemas: tests/chart/run.sh MOUNTGUARD [go test flags]
# Exits with 77, and says why, where it cannot run at all.
set -euo pipefail
mountguard=$(realpath "$1")
shift
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../go_needed.sh
need_go

kubernetes=$(cd ../reference && go list -m -f '{{.Dir}}' k8s.io/kubernetes)
[ -n "$kubernetes" ] || skip "the Go module k8s.io/kubernetes of tests/reference is not at hand"
if crds=$(./crds.sh); then
  export MOUNTGUARD_CRDS=$crds
else
  echo "skipped: no CustomResourceDefinitions of cert-manager and the Prometheus operator, so what the chart writes for them is not validated"
fi
HELM=${HELM:-$(./helm.sh)}
command -v promtool >/dev/null || echo "skipped: no promtool (Debian's package prometheus), so the alerts are not tried"
export HELM MOUNTGUARD=$mountguard MOUNTGUARD_KUBERNETES=$kubernetes
nice go test -count=1 "$@" ./...
