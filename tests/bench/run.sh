#!/usr/bin/env bash
# Builds and runs the benchmarks and prints their tables: tests/bench/run.sh [ROUNDS [MILLISECONDS]]
# The figures of docs/benchmarks.md come from here. On a busy machine only ratios mean anything.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/dependencies.sh

require_packages "${build_packages[@]}" catch2
cmake --preset release -DMOUNTGUARD_BENCH=ON >/dev/null
cmake --build --preset release --target mountguard bench_server bench_check bench_files bench_policies bare_server null_server stock_server

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build/release/mountguard certs issue --out "$work" --ip 127.0.0.1 >/dev/null

echo "== an admission, against an empty handler"
build/release/tests/bench/bench_server build/release/mountguard "$work/tls.crt" "$work/tls.key" "$@"
echo
echo "== many rules, against few; loading them, against yaml-cpp alone"
build/release/tests/bench/bench_policies build/release/mountguard "$work/tls.crt" "$work/tls.key" "$@"
echo
echo "== check, against a bare libyaml scan of the same bytes"
build/release/tests/bench/bench_check
echo
echo "== check as a program: files, one large file, memory"
kubeconform=()
if command -v go >/dev/null && GOBIN=$work go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0; then
  kubeconform=("$work/kubeconform")
else
  echo "skipped: kubeconform cannot be built here, so nothing is held against it"
fi
build/release/tests/bench/bench_files build/release/mountguard "${kubeconform[@]}"
