# Sourced by run.sh and node.sh: find_chart_tools exports HELM, and MOUNTGUARD_CRDS, the definitions of the kinds of others that
# the chart writes; or says that the tests which need them are skipped.

find_chart_tools() {
  if HELM=${HELM:-$(../chart/helm.sh)} && MOUNTGUARD_CRDS=$(../chart/crds.sh); then
    HELM=$(realpath "$HELM")
    export HELM MOUNTGUARD_CRDS
  else
    echo "skipped: the Go modules of tests/chart are not at hand, so no cluster is shown the chart" >&2
    unset HELM MOUNTGUARD_CRDS
  fi
}
