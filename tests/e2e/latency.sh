#!/usr/bin/env bash
# Prints what a webhook adds to the creation of a pod, medians of 2,000 interleaved creations each, and fails if mountguard adds
# more than it promises (docs/benchmarks.md). Give it a machine that has nothing else to do. Exits with 77 where it cannot run.
set -euo pipefail
MOUNTGUARD_LATENCY=1 exec bash "$(dirname "${BASH_SOURCE[0]}")/run.sh" -run '^TestAddedLatency$' -v
