#!/usr/bin/env bash
# The commands of docs/ci.md are ones that the program takes: ci_docs_test.sh MOUNTGUARD. Each line that
# calls it is run beside sample manifests; helm, kubectl and kustomize are stand-ins that print one.
set -euo pipefail
mountguard=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/deploy" "$work/policies"
cp "$root"/deploy/samples/manifests/*.yaml "$work/deploy"
cp -r "$root"/deploy/policies/. "$work/policies"
ln -s "$mountguard" "$work/bin/mountguard"
for tool in helm kubectl kustomize; do
  printf '#!/bin/sh\ncat deploy/*.yaml\n' >"$work/bin/$tool"
  chmod +x "$work/bin/$tool"
done

cd "$work"
export PATH="$work/bin:$PATH" ARGOCD_APP_NAMESPACE=default rendered='{}'
commands=0
failed=0
while read -r line; do
  status=0
  bash -c "$line" >out 2>err || status=$?
  commands=$((commands + 1))
  # 2 is wrong usage or a wrong policy, 3 something unreadable, 127 no such command.
  if [ "$status" -gt 1 ]; then
    echo "exit code $status from: $line"
    cat err
    failed=1
  fi
done < <(sed -nE 's/^ *(- |run: )?((helm|kubectl|kustomize) .*\| )?(mountguard (check|test|policy) .*)$/\2\4/p' "$root/docs/ci.md")

echo "$commands commands of docs/ci.md run"
[ "$commands" -ge 9 ] && [ "$failed" -eq 0 ]
