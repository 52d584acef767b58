#!/usr/bin/env bash
# Builds and runs the benchmarks and prints their tables: tests/bench/run.sh [ROUNDS [MILLISECONDS]]
# The figures of docs/benchmarks.md come from here. On a busy machine only ratios mean anything.
set -euo pipefail
cd "$(dirname "$0")/../.."
. deploy/dependencies.sh

require_packages "${build_packages[@]}" catch2
cmake --preset release -DMOUNTGUARD_BENCH=ON >/dev/null
cmake --build --preset release --target mountguard bench_server bench_check bench_files bench_inspect bare_server null_server stock_server

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build/release/mountguard certs issue --out "$work" --ip 127.0.0.1 >/dev/null

# In a subshell: its "skip" would end this script, and what it says of Go is the reason that is printed.
peer=-
if (cd tests/bench/peers && . ../../go_needed.sh && need_go && nice go build -trimpath -o "$work/peer" .); then
  peer=$work/peer
else
  echo "skipped: pod-security-admission's server cannot be built here, so nothing is held against it"
fi
# Real-time priority, where that is allowed, so that nothing else on the machine takes part.
first=()
if chrt --fifo 20 true 2>/dev/null; then
  first=(chrt --fifo 20)
else
  echo "no real-time priority here: on a busy machine latencies mean little"
fi

lscpu | sed -n 's/^Model name: */CPU: /p; s/^CPU(s): */cores: /p'
echo "kernel $(uname --kernel-release), $(c++ --version | head --lines=1), $(openssl version | cut --delimiter=' ' --fields=1,2)"
echo
echo "== the server"
"${first[@]}" build/release/tests/bench/bench_server build/release/mountguard "$work/tls.crt" "$work/tls.key" "$peer" "$@"
echo
echo "== check, against a bare libyaml scan of the same bytes"
build/release/tests/bench/bench_check
echo
echo "== check as a program: files, one large file, memory"
# kubeconform gets what it fetches by default, the schema of a Pod, from a folder: made from Kubernetes' own definitions.
kubeconform=()
swagger() {
  go mod download k8s.io/kubernetes && echo "$(go list -m -f '{{.Dir}}' k8s.io/kubernetes)/api/openapi-spec/swagger.json"
}
if command -v go >/dev/null && GOBIN=$work go install github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0 &&
  (cd tests/reference && go run ./cmd/podschema "$(swagger)" "$work"); then
  kubeconform=("$work/kubeconform" "$work")
else
  echo "skipped: kubeconform or its schema cannot be built here, so nothing is held against it"
fi
build/release/tests/bench/bench_files build/release/mountguard "${kubeconform[@]}"

echo
echo "== node inspect, of 100,000 mounts"
build/release/tests/bench/bench_inspect build/release/mountguard
