#!/usr/bin/env bash
# Measures what the project promises to be fast, in release.
#   scripts/bench.sh [edits] [federation] [first_sync] [logins] [scan] [rematch] [vulndb] [questions]
#     [admission]
set -euo pipefail
cd "$(dirname "$0")/.."
# A thousand members are a thousand connections on each side.
ulimit -n "$(ulimit -H -n)"
scripts/build.sh --release
cargo bench --quiet --locked -p palisade-tests --bench figures -- "$@"
