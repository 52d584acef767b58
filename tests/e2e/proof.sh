#!/usr/bin/env bash
# Prints the table of docs/proof.md from a real node; fails if the page has another.
# MOUNTGUARD_UPDATE_GOLDEN=1 writes the table into the page. Exits with 77 where it cannot run.
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/node.sh" -run '^TestProof$' -v
