# Sourced by cases.sh and untouched.sh, whose first argument is the program: names it and the manifests, sets $here and the
# command `unshare`, or skips the test where no namespaces can be made.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MOUNTGUARD=$(realpath "$1")
MANIFESTS=$here/manifests
export MOUNTGUARD MANIFESTS
unshare=(unshare --mount --propagation private --pid --fork --mount-proc --kill-child)
if ! refused=$("${unshare[@]}" true 2>&1); then
  echo "skipped: no namespaces here: $refused"
  exit 77
fi
