#!/usr/bin/env bash
# Fetches what tests/reports_test.sh reads reports with and Debian has not, to build/readers: sarif-tools and
# junitparser from PyPI, the published SARIF schema from npm; and spdx-tools from PyPI, for tests/image. What cannot
# be had is told, and its tests are then skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."
readers=build/readers

[ -x "$readers/bin/sarif" ] || {
  /usr/bin/python3 -m venv "$readers" &&
    "$readers/bin/pip" install --quiet --disable-pip-version-check sarif-tools==3.0.5 junitparser==5.0.3
} || echo "skipped: sarif-tools and junitparser could not be fetched"

[ -x "$readers/bin/pyspdxtools" ] || {
  [ -x "$readers/bin/pip" ] && "$readers/bin/pip" install --quiet --disable-pip-version-check spdx-tools==0.8.5
} || echo "skipped: spdx-tools could not be fetched"

[ -f "$readers/sarif-2.1.0.json" ] || {
  package=$(mktemp -d) &&
    (cd "$package" && npm pack --silent @microsoft/jest-sarif@1.0.0-beta.0 >/dev/null && tar --extract --file ./*.tgz) &&
    mkdir -p "$readers" &&
    cp "$package/package/lib/schemas/sarif-2.1.0-rtm.5.json" "$readers/sarif-2.1.0.json"
  fetched=$?
  rm -rf "$package"
  [ "$fetched" -eq 0 ]
} || echo "skipped: the SARIF schema could not be fetched"
