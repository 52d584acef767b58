#!/usr/bin/env bash
# What `-o junit` writes is XML that a parser takes, of JUnit's schema. The first argument is the program.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/testdata"

command -v xmllint >/dev/null || {
  echo "skipped: no xmllint (Debian's libxml2-utils), so JUnit's XML is not held against its schema" >&2
  exit 77
}
for suites in suites/production suites/broken; do
  report=$("$program" test "$suites" -o junit 2>/dev/null) || true  # these cases fail on purpose
  xmllint --noout --schema junit/junit.xsd - <<<"$report"
done
for manifest in cli/*.yaml; do
  report=$("$program" check "$manifest" -o junit) || true
  xmllint --noout --schema junit/junit.xsd - <<<"$report"
done
report=$("$program" test suites/production -o junit) || true
failures=$(xmllint --xpath 'count(//testcase[failure])' - <<<"$report")
[ "$failures" -eq 4 ] || {
  echo "expected 4 failed cases in suites/production, found $failures" >&2
  exit 1
}
