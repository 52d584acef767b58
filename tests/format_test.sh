#!/usr/bin/env bash
# Every C++ file is as clang-format would have it. Exits with 77, and says why, where it cannot tell.
set -euo pipefail
cd "$(dirname "$0")/.."

formatter=$(command -v clang-format-14 || true)
if [ -z "$formatter" ]; then
  echo "skipped: clang-format-14 is not installed, and other versions format otherwise" >&2
  exit 77
fi
git ls-files -z -- '*.h' '*.cc' | xargs -0 "$formatter" --dry-run -Werror
