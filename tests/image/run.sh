#!/usr/bin/env bash
# Builds the container image, twice, and runs what is in it: tests/image/run.sh MOUNTGUARD_SERVER MOUNTGUARD
# Exits with 77, and says why, where it cannot be built; without root what is in it is not run.
set -euo pipefail
mountguard=$(realpath "$1")
local_program=$(realpath "$2")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
python=$root/build/readers/bin/python
[ -x "$python" ] || python=/usr/bin/python3
for tool in /usr/bin/python3 dpkg-query strip; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool, so no image is built" && exit 77; }
done

work=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
fail() { echo "FAILED: $1" >&2 && exit 1; }

# The same bytes, wherever and by whomever: another folder of other times, another umask, zone, language, home.
export SOURCE_DATE_EPOCH=1700000000
"$root/deploy/image/build.sh" --binary "$mountguard" --output "$work/one.tar"
mkdir -p "$work/else where"
cp -r "$root/deploy" "$work/else where/deploy"
cp "$mountguard" "$work/else where/program"
(
  umask 0077
  cd "$work/else where"
  TZ=Asia/Tokyo LC_ALL=C.UTF-8 HOME=/ PYTHONHASHSEED=7 deploy/image/build.sh --binary program --output two.tar --sbom two.json >/dev/null
)
cmp "$work/one.tar" "$work/else where/two.tar" || fail "the image differs from build to build"
cmp "$work/one.spdx.json" "$work/else where/two.json" || fail "the SBOM differs from build to build"
# Nor does it hang on debug information, which holds the folder of the build, and the build id, a hash over that.
head -c 36 /dev/urandom >"$work/id"
objcopy --add-section .debug_more="$work/id" --update-section .note.gnu.build-id="$work/id" "$mountguard" "$work/other"
"$root/deploy/image/build.sh" --binary "$work/other" --output "$work/three.tar" >/dev/null
cmp "$work/one.tar" "$work/three.tar" || fail "debug information changes the image"
SOURCE_DATE_EPOCH=1700000001 "$root/deploy/image/build.sh" --binary "$mountguard" --output "$work/later.tar" >/dev/null
cmp --quiet "$work/one.tar" "$work/later.tar" && fail "another time gives the same image, so that nothing is compared"

# What cannot be meant is refused.
refuse() { # refuse CODE TEXT ARGUMENT...
  local code=0 expected=$1 text=$2
  shift 2
  "$root/deploy/image/build.sh" "$@" >"$work/out" 2>&1 || code=$?
  [ "$code" -eq "$expected" ] && grep --quiet --fixed-strings -- "$text" "$work/out" ||
    fail "build.sh $* ended with $code, expected $expected and '$text': $(cat "$work/out")"
}
refuse 2 'expected REGISTRY/REPOSITORY:TAG' --binary "$mountguard" --output "$work/x.tar" --tag 'Mount Guard'
refuse 2 'one of the arguments' --binary "$mountguard"
refuse 3 'is not empty' --binary "$mountguard" --rootfs "$work"
refuse 3 'give mountguard-server' --binary "$local_program" --output "$work/x.tar"
refuse 3 'none' --binary "$work/none" --output "$work/x.tar"

"$python" -B "$here/unpack.py" "$work/one.tar" "$work/image" "$SOURCE_DATE_EPOCH"
"$python" -B "$here/check_sbom.py" "$work/one.spdx.json" "$work/image"
"$root/deploy/image/build.sh" --binary "$mountguard" --rootfs "$work/rootfs"
diff -r --no-dereference "$work/image" "$work/rootfs" || fail "the Dockerfile's files are not the image's"

if [ "$(id -u)" -ne 0 ]; then
  echo "skipped: without root what is in the image is not run"
  exit 0
fi
# Like a container: this root, nobody's user, no capability.
run() { /usr/bin/python3 -IB "$here/inside.py" "$work/image" /usr/bin/mountguard "$@"; }
[ "$(run version | head -n 1)" = "$("$mountguard" version | head -n 1)" ] || fail "the program in the image is another one"
code=0
run check - <"$root/deploy/samples/manifests/rollout.yaml" >"$work/found" || code=$?
[ "$code" -eq 1 ] && grep --quiet bidirectional-requires-privileged "$work/found" || fail "check in the image ended with $code"

mkdir "$work/image/run"
"$mountguard" certs issue --out "$work/image/run/certs" --ip 127.0.0.1 >/dev/null
chmod -R a+rX "$work/image/run"
chmod a+r "$work/image/run/certs/tls.key"
chmod a+rx "$work"
: >"$work/log"  # which may be looked at before it is opened
# Not by run: a function in the background is a process more, and that one would get the signal.
/usr/bin/python3 -IB "$here/inside.py" "$work/image" /usr/bin/mountguard serve --bind-address 127.0.0.1 --secure-port 0 \
  --metrics-bind-address '' --shutdown-delay 0s --tls-cert-file /run/certs/tls.crt --tls-private-key-file /run/certs/tls.key 2>"$work/log" &
server=$!
for _ in $(seq 100); do
  address=$(sed -n 's/.*"msg":"listening","address":"\([^"]*\)".*/\1/p' "$work/log")
  [ -z "$address" ] || break
  sleep 0.1
done
[ -n "$address" ] || fail "the server in the image does not start: $(cat "$work/log")"
answer=$(curl --silent --show-error --cacert "$work/image/run/certs/ca.crt" --header 'Content-Type: application/json' \
  --data-binary "@$root/deploy/samples/deny.json" "https://$address/validate")
grep --quiet '"allowed":false' <<<"$answer" || fail "the server in the image answers $answer"
kill -TERM "$server"
code=0
wait "$server" || code=$?
server=
[ "$code" -eq 0 ] || fail "the server in the image ended with $code: $(cat "$work/log")"
echo "image: version, check and serve run in it as nobody"
