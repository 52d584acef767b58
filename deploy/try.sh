#!/usr/bin/env bash
# Builds mountguard, starts it with certificates of its own and the built-in baseline policy, posts
# real AdmissionReviews and checks sample manifests. Everything stays on this machine; what it
# starts, it stops. Needs nothing but Debian 12's packages, which it installs.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/dependencies.sh

require_packages "${build_packages[@]}" curl jq
if [ ! -x build/release/mountguard ] || [ -n "${MOUNTGUARD_REBUILD:-}" ]; then
  echo "== building (some minutes the first time)"
fi
cmake --preset release -DMOUNTGUARD_TESTS=OFF >/dev/null
cmake --build --preset release --target mountguard
mountguard=build/release/mountguard

work=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
  rm -rf "$work"
}
trap stop EXIT

echo
echo "== certificates: mountguard certs issue"
"$mountguard" certs issue --out "$work/certs" --service mountguard --namespace mountguard --ip 127.0.0.1

echo
echo "== the server: mountguard serve, with the built-in baseline policy"
: >"$work/log"  # which may be looked at before it is opened
"$mountguard" serve --bind-address 127.0.0.1 --secure-port 0 --metrics-bind-address 127.0.0.1:0 \
  --shutdown-delay 0s --tls-cert-file "$work/certs/tls.crt" --tls-private-key-file "$work/certs/tls.key" \
  2>"$work/log" &
server=$!
# The log tells the port: {"msg":"listening","address":"127.0.0.1:43211","endpoint":"secure",...}
address=
for _ in $(seq 100); do
  address=$(sed -n 's/.*"msg":"listening","address":"\([^"]*\)".*"secure".*/\1/p' "$work/log")
  [ -z "$address" ] || break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
if [ -z "$address" ]; then
  echo "the server did not start:" >&2
  cat "$work/log" >&2
  exit 1
fi
echo "listening on https://$address"
curl --silent --show-error --cacert "$work/certs/ca.crt" "https://$address/readyz?verbose"

post() { # post TITLE FILE EXPECTED
  echo
  echo "== $1"
  reply=$(curl --silent --show-error --cacert "$work/certs/ca.crt" --header 'Content-Type: application/json' \
    --data-binary "@$2" "https://$address/validate")
  jq . <<<"$reply"
  case "$reply" in
    *"$3"*) ;;
    *) echo "expected $3 in the answer" >&2 && exit 1 ;;
  esac
}
post "allow: a privileged driver publishes mounts" deploy/samples/allow.json '"decision":"allow"'
post "warn: a node agent that will never see new mounts" deploy/samples/warn.json '"decision":"warn"'
post "deny: Bidirectional without privileged" deploy/samples/deny.json '"allowed":false'

echo
echo "== the same engine on manifests: mountguard check deploy/samples/manifests"
status=0
"$mountguard" check deploy/samples/manifests || status=$?
echo "exit code $status (1: there are findings to refuse)"
[ "$status" -eq 1 ]

echo
echo "== what each mount becomes: mountguard explain"
"$mountguard" explain deploy/samples/manifests/node-agent.yaml
echo
echo "done. Next: README.md, docs/policy-reference.md, mountguard --help"
