#!/usr/bin/env bash
# The cases that `node doctor` knows, on nodes that have them: cases.sh MOUNTGUARD
# What it answers is held against what really propagates when a path is mounted as runc does it, from the
# mount namespace of the runtime, and something is mounted on either side. 77: no namespaces here.
set -euo pipefail
. "$(dirname "$0")/namespaces.sh"

failed=0
cases=0
# try NAME PATH SETUP ANSWERS CASES: the answers for Bidirectional and HostToContainer, and the ids.
try() {
  local name=$1 out
  cases=$((cases + 1))
  out=$("${unshare[@]}" bash -c ". $here/symptoms.sh; . $here/probe.sh; set -e; $3; hold '$2' '$4' '$5'" 2>&1) && return
  echo "$name:"
  echo "$out" | sed 's/^/  /'
  failed=1
}

s='served' r='refused' w='without-effect'
try "shared" /srv/data shared "$s $s" ""
try "private root" /srv/data not_shared "$r $r" "not-shared-root"
try "a mount of its own" /var/lib/kubelet/pods separate "$r $r" "separate-mount"
try "a mount of its own below" /var/lib separate "$s $s" "private-below"
try "lower of a stack private" /data stacked "$r $r" "stacked-mounts"
try "upper of a stack private" /data "shared; mkdir /data; mount -t tmpfs disk /data; mount --bind /data /data
  mount --make-private /data" "$w $w" "stacked-mounts"
# Process 1 itself goes on in another namespace.
go_on='. /root/symptoms.sh; . /root/probe.sh; set -e; runtime'
try "slave" /srv/data "make_node; mount --make-rshared /; mount --make-private /containers
  exec unshare --mount --propagation slave bash -c \"$go_on; hold /srv/data '$r $w' slave-only\"" "" ""
try "unbindable" /srv/data "shared; mount --bind /srv /srv; mount --make-unbindable /srv" "$r $r" "unbindable"
try "runtime apart, slave" /srv/data "make_node; mount --make-rshared /; mount --make-private /containers; program containerd 'containerd v2.0.4'
  unshare --mount --propagation slave containerd & settle containerd" "$r $s" "runtime-namespace"
try "runtime apart, shared again" /srv/data apart "$w $s" "runtime-namespace"
try "runtime apart, private" /srv/data "make_node; mount --make-rshared /; mount --make-private /containers; program containerd 'containerd v2.0.4'
  unshare --mount --propagation private containerd & settle containerd" "$r $r" "runtime-namespace"
try "link" /data linked "$r $r" "symlink separate-mount"
try "link to a shared mount" /data "linked; mount --make-shared /mnt/data" "$s $s" "symlink"
try "user namespace" /srv/data "make_node
  exec unshare --user --map-root-user --mount bash -c \"$go_on; hold /srv/data '$r $r' 'not-shared-root user-namespace'\"" "" ""

echo "$cases cases, $([ $failed -eq 0 ] && echo 'all as the kernel does it' || echo 'some differ')"
exit $failed
