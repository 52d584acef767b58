#!/usr/bin/env bash
# mountguard without mountguard-server beside it, and with it: tests/hand_over_test.sh MOUNTGUARD
set -euo pipefail
mountguard=$(realpath "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2 && exit 1; }
same() { # same WHAT EXPECTED GOT
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# By itself it checks, and says what it lacks for the rest.
mkdir "$work/alone"
cp "$mountguard" "$work/alone/mountguard"
code=0
"$work/alone/mountguard" check "$root/deploy/samples/manifests/rollout.yaml" >"$work/found" || code=$?
same 'check alone' 1 "$code"
grep --quiet bidirectional-requires-privileged "$work/found" || fail "check alone found $(cat "$work/found")"
for words in 'serve' 'certs show x.crt' 'no-such-command' '--version' ''; do
  code=0
  # shellcheck disable=SC2086  # words are meant
  "$work/alone/mountguard" $words >"$work/out" 2>"$work/err" || code=$?
  same "'$words' alone" 3 "$code"
  same "'$words' alone" "mountguard: $work/alone/mountguard-server: No such file or directory
check, explain, test, policy, node, rules and version are in this program, all else is in mountguard-server, which belongs beside it; \`cmake --install\` puts both in place." "$(cat "$work/err")"
  [ ! -s "$work/out" ] || fail "'$words' alone prints $(cat "$work/out")"
done

# Both are found from wherever the first is called: by a link, by PATH, by a relative path.
mkdir "$work/bin"
ln -s "$mountguard" "$work/bin/mountguard"
expected=$("$mountguard-server" completion bash)
same 'by its path' "$expected" "$("$mountguard" completion bash)"
same 'by a link' "$expected" "$("$work/bin/mountguard" completion bash)"
same 'by PATH' "$expected" "$(PATH=$work/bin:$PATH mountguard completion bash)"
same 'by a relative path' "$expected" "$(cd "$work" && bin/mountguard completion bash)"
same 'unknown commands' "$("$mountguard-server" chekc 2>&1)" "$("$mountguard" chekc 2>&1)"

# What starts for every file that is checked is not linked with what the server needs.
needed=$(readelf --dynamic "$mountguard")
for library in ssl crypto httplib prometheus; do
  [[ $needed != *"lib$library"* && $needed != *"-$library"* ]] || fail "mountguard is linked with $library: $needed"
done
[[ $(readelf --dynamic "$mountguard-server") == *libssl* ]] || fail 'mountguard-server is not linked with ssl, so that nothing was compared'
echo "hand over: as it must be, with mountguard-server and without"
