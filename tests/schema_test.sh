#!/usr/bin/env bash
# Lets a real validator hold policies, suites and the fixtures of errors against the schema that
# `mountguard policy schema` writes. Usage: schema_test.sh MOUNTGUARD. 77, with the reason, where there is none.
set -euo pipefail
mountguard=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)

/usr/bin/python3 -c 'import jsonschema, yaml' 2>/dev/null || {
  echo "skipped: no python3-jsonschema or no python3-yaml, so policies are not held against their schema" >&2
  exit 77
}
schema=$(mktemp)
trap 'rm -f "$schema"' EXIT
"$mountguard" policy schema -o "$schema"
/usr/bin/python3 "$here/schema/check_schema.py" "$schema" "$here/.."
