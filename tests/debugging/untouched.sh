#!/usr/bin/env bash
# `mountguard node ...` changes no mount, and without root tells what it can and what it could not
# see: untouched.sh MOUNTGUARD. On a node with a container and a volume that only this one still has,
# every command runs as root and as nobody, and all mount tables are the same before and after.
# 77: no namespaces here.
set -euo pipefail
if [ "$(id -u)" != 0 ]; then
  echo "skipped: to run commands as nobody the test has to be root"
  exit 77
fi
. "$(dirname "$0")/namespaces.sh"
exec "${unshare[@]}" bash -c ". $here/symptoms.sh; set -eu; pinned; . /root/untouched_steps.sh"
