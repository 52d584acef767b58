#!/usr/bin/env bash
# Runs a whole Kubernetes with a node that runs pods: tests/e2e/node.sh [go test flags]
# Needs root, a kernel that gives namespaces, and Debian's containerd, runc,
# containernetworking-plugins and busybox-static. Exits with 77, and says why, where one is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly mountguard=${MOUNTGUARD_BIN:-../../build/release/mountguard}

. ../go_needed.sh
. ./build_cluster.sh
. ./chart_tools.sh

[[ $(id -u) == 0 ]] || skip "a node needs root"
for program in containerd ctr runc busybox iptables /usr/lib/cni/bridge; do
  command -v "$program" >/dev/null || skip "a node needs $program; apt-get install" \
    "containerd runc containernetworking-plugins busybox-static"
done
unshare --mount --pid --net --ipc --uts --fork true ||
  skip "this kernel, or the container around this, gives no namespaces"
unshare --mount --net sh -c 'ip() { busybox ip "$@"; }; ip link add name node0 type bridge' ||
  skip "this kernel makes no network bridges"
unshare --net iptables --table nat --list >/dev/null 2>&1 ||
  skip "this kernel has no iptables, which kube-proxy needs"
[[ -w $(awk '$3 ~ /^cgroup2?$/ { print $2; exit }' /proc/self/mounts) ]] ||
  skip "cgroups cannot be made here"
[[ -n ${MOUNTGUARD_BIN:-} || -x $mountguard ]] ||
  skip "no $mountguard; build it (cmake --workflow --preset check) or set MOUNTGUARD_BIN"
need_go
build_cluster
find_chart_tools
if CERT_MANAGER=$(certmanager/build.sh); then
  export CERT_MANAGER
else
  echo "skipped: the Go modules of tests/e2e/certmanager are not at hand, so cert-manager issues nothing" >&2
  unset CERT_MANAGER
fi

MOUNTGUARD_BIN=$(realpath "$mountguard") CLUSTER_BIN=$(realpath "$cluster") \
  exec go test -count=1 "$@" ./machine ./node
