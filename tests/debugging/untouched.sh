#!/usr/bin/env bash
# `mountguard node ...` changes no mount, and without root tells what it can and what it could not
# see: untouched.sh MOUNTGUARD. On a node with a container and a volume that only this one still has,
# every command runs as root and as nobody, and all mount tables are the same before and after.
# 77: no namespaces here.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
MOUNTGUARD=$(realpath "$1")
MANIFESTS=$here/manifests
export MOUNTGUARD MANIFESTS
unshare=(unshare --mount --propagation private --pid --fork --mount-proc --kill-child)
if [ "$(id -u)" != 0 ]; then
  echo "skipped: to run commands as nobody the test has to be root"
  exit 77
fi
if ! refused=$("${unshare[@]}" true 2>&1); then
  echo "skipped: no namespaces here: $refused"
  exit 77
fi
exec "${unshare[@]}" bash -c ". $here/symptoms.sh; set -eu; pinned; . /root/untouched_steps.sh"
