#!/usr/bin/env bash
# Runs all tests. Needs nothing but Debian 12's packages, which it installs; what needs more (Go for
# the differential and end-to-end tests, clang-format for the format) is run where it is there and skipped
# with a printed reason where it is not.
#
#   tests/run.sh            everything
#   tests/run.sh --quick    without the sanitizer builds
#
# MOUNTGUARD_LONG=1 compares 100,000 random pods with Kubernetes instead of 20,000, lets a server work for ten
# minutes instead of ten seconds, and replaces each of two replicas 20 times instead of twice.
set -euo pipefail
cd "$(dirname "$0")/.."
. deploy/dependencies.sh

quick=
for argument in "$@"; do
  case "$argument" in
    --quick) quick=1 ;;
    *) echo "usage: tests/run.sh [--quick]" >&2 && exit 2 ;;
  esac
done

require_packages "${build_packages[@]}" catch2 curl jq libxml2-utils openssl

# ctest counts what is skipped and keeps the reasons to itself: here they are.
(cd tests/reference && . ../go_needed.sh && need_go) || echo "  so the tests in tests/reference and tests/e2e will not run"
command -v clang-format-14 >/dev/null || echo "skipped: no clang-format-14, so the format is not checked"
command -v chromedriver >/dev/null || echo "skipped: no chromium-driver, so nobody opens the html report"
/usr/bin/python3 -c 'import jsonschema, yaml' 2>/dev/null ||
  echo "skipped: no python3-jsonschema or no python3-yaml, so policies are not held against their schema"
command -v promtool >/dev/null || echo "skipped: no prometheus, so nobody but the tests reads the metrics"
[ -d build/readers ] || echo "skipped: no build/readers (tests/reports/fetch.sh), so SARIF and JUnit are not read by others"
[ -d "${MOUNTGUARD_CORPUS:-../shared/corpus}" ] ||
  echo "skipped: no corpus of real manifests at ${MOUNTGUARD_CORPUS:-../shared/corpus}, so the tests that read it will not"

if [ -z "$quick" ]; then
  cmake --workflow --preset check-asan
  cmake --workflow --preset check-tsan
else
  echo "skipped: the AddressSanitizer and ThreadSanitizer builds (--quick)"
fi
# Last, so that the output ends with the summary of the whole suite.
cmake --workflow --preset check
