#!/usr/bin/env bash
# Lets the real readers of reports read them: the SARIF schema, sarif-tools, junitparser, Graphviz, xmllint,
# and Chromium for the html pages. Usage: reports_test.sh MOUNTGUARD
# What is missing is skipped with its reason; with nothing there the whole test is (77).
#
# MOUNTGUARD_SARIF_SCHEMA is the published schema, sarif-2.1.0.json; MOUNTGUARD_READERS the bin folder of a
# Python environment with sarif-tools and junitparser. `.ci/run` fetches both to build/readers.
set -euo pipefail
mountguard=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
readers=${MOUNTGUARD_READERS:-$here/../build/readers/bin}
schema=${MOUNTGUARD_SARIF_SCHEMA:-$here/../build/readers/sarif-2.1.0.json}
reports=$(mktemp -d)
trap 'rm -rf "$reports"' EXIT

ran=0
skip() { echo "skipped: $1"; }
fail() { echo "FAILED: $1" >&2; exit 1; }

# One run writes them all; it finds something that cannot be read, so it exits with 3.
cd "$here/testdata/cli"
code=0
"$mountguard" check everything.yaml columns.yaml clean.yaml --policy policies/everything.yaml --at 2026-05-01 \
  -o sarif="$reports/r.sarif" -o junit="$reports/r.xml" -o html="$reports/r.html" -o json="$reports/r.json" || code=$?
[ "$code" -eq 3 ] || fail "check exited with $code, not with 3"

if [ ! -f "$schema" ]; then
  skip "no SARIF schema at $schema"
elif ! /usr/bin/python3 -c 'import jsonschema' 2>/dev/null; then
  skip "no python3-jsonschema, so SARIF is not held against its schema"
else
  /usr/bin/python3 "$here/reports/check_sarif.py" "$schema" "$reports/r.sarif"
  ran=$((ran + 1))
fi

if [ ! -x "$readers/sarif" ]; then
  skip "no sarif-tools in $readers"
else
  "$readers/sarif" summary "$reports/r.sarif" >"$reports/summary"
  grep -q '^error: ' "$reports/summary" || fail "sarif summary: $(cat "$reports/summary")"
  "$readers/sarif" html -o "$reports/s.html" "$reports/r.sarif" >/dev/null
  grep -q bidirectional-requires-privileged "$reports/s.html" || fail "sarif html has no rule"
  echo "sarif-tools: $(grep -E '^(error|warning|note): ' "$reports/summary" | paste -sd ' ')"
  ran=$((ran + 1))
fi

if ! "$readers/python" -c 'import junitparser' 2>/dev/null; then
  skip "no junitparser in $readers"
else
  "$readers/python" "$here/reports/check_junit.py" "$reports/r.xml" "$reports/r.json"
  ran=$((ran + 1))
fi

if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
  skip "no chromium with its driver, so nobody opens the html report"
else
  /usr/bin/python3 "$here/reports/check_html.py" "$reports/r.html"
  ran=$((ran + 1))
fi

# The pictures of explain.
cd "$here/testdata/explain"
for manifest in *.yaml; do
  name=$reports/${manifest%.yaml}
  "$mountguard" explain "$manifest" -o dot="$name.dot" -o svg="$name.svg" -o html="$name.html"
done
if ! command -v dot >/dev/null; then
  skip "no graphviz, so nobody draws explain's graphs"
else
  for graph in "$reports"/*.dot; do
    dot -Tsvg "$graph" >"$graph.svg" 2>"$graph.err" || fail "dot: $graph: $(cat "$graph.err")"
    [ ! -s "$graph.err" ] || fail "dot warns: $graph: $(cat "$graph.err")"
  done
  grep -q '&lt;script&gt;' "$reports/list.dot.svg" || fail "dot has read the name of a path as markup"
  echo "graphviz: $(ls "$reports"/*.dot | wc -l) graphs drawn without a warning"
  ran=$((ran + 1))
fi
if ! command -v xmllint >/dev/null; then
  skip "no libxml2-utils, so nobody parses explain's pictures"
else
  xmllint --noout "$reports"/[a-z]*[a-z].svg || fail "a picture is no XML"
  echo "xmllint: explain's pictures are XML"
  ran=$((ran + 1))
fi
if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
  /usr/bin/python3 "$here/reports/check_explain.py" "$reports/publisher.html"
fi

[ "$ran" -gt 0 ] || exit 77
