# Sourced by run.sh and node.sh: build_cluster builds cmd/cluster, or takes what CLUSTER_BIN names.

readonly kubernetes_version=v1.36.3
readonly cluster=${CLUSTER_BIN:-../../build/e2e/cluster}

build_cluster() {
  [[ -z ${CLUSTER_BIN:-} ]] || return 0
  echo "building $cluster (minutes the first time, seconds after)" >&2
  # Clients parse the version; without it kubectl and the API server call themselves v0.0.0.
  nice go build -o "$cluster" \
    -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$kubernetes_version" ./cmd/cluster
}
