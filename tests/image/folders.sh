#!/usr/bin/env bash
# The program does not hang on the folder it is built in: tests/image/folders.sh MOUNTGUARD_SERVER
# Whole builds would take minutes. What a folder gets in by is __FILE__, so one source that has it, by a macro of OpenSSL, is
# compiled in two folders; and the whole program is looked through for the folder that it comes from.
set -euo pipefail
mountguard=$(realpath "$1")
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1" >&2 && exit 1; }

strip --strip-all -o "$work/program" "$mountguard"
! grep --text --fixed-strings --quiet -- "$root/" "$work/program" ||
  fail "the stripped program tells where it was built: $(strings -a "$work/program" | grep --fixed-strings -- "$root/" | head -n 3)"

readonly source=certs/certificate_facts.cc
readonly object=certs/CMakeFiles/mountguard_certs.dir/certificate_facts.cc.o

# compile FOLDER OUTPUT: that source as `cmake --preset release` compiles it in that folder.
compile() {
  mkdir -p "$1"
  cp -r "$root"/{CMakeLists.txt,CMakePresets.json,core,policy,certs,node,webhook,cli} "$1"
  (
    cd "$1"
    # A cache would give the second folder what the first has made.
    unset CMAKE_CXX_COMPILER_LAUNCHER
    cmake --preset release -DMOUNTGUARD_TESTS=OFF -DCMAKE_UNITY_BUILD=OFF && cmake --build --preset release --target "$object"
  ) >"$work/log" 2>&1 || fail "$source is not compiled in $1: $(tail -n 20 "$work/log")"
  objcopy --strip-debug "$1/build/release/$object" "$2"
}
compile "$work/here" "$work/one.o"
compile "$work/quite another/folder" "$work/two.o"
grep --text --fixed-strings --quiet -- "$source" "$work/one.o" ||
  fail "$source has no __FILE__ any more, so that nothing is compared: choose another one"
cmp "$work/one.o" "$work/two.o" || fail "$source differs from folder to folder"
echo "image: neither program nor $source tells of a folder"
