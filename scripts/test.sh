#!/usr/bin/env bash
# Builds the programs and runs every test, then the tour of the coffee shop, the
# portal's tests in a browser, which look around in it, and Lighthouse.
# Arguments go to the test runner: scripts/test.sh -p palisade-tests joining
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$#" -eq 0 ]; then
  scope=(--workspace)
  scripts/build.sh --tests
else
  scope=("$@")
  scripts/build.sh
fi

if command -v cargo-nextest >/dev/null; then
  cargo nextest run --locked --no-fail-fast "${scope[@]}"
else
  cargo test --locked --no-fail-fast "${scope[@]}"
fi

if [ "$#" -eq 0 ]; then
  npm --prefix web run --silent test
  examples/coffee-shop/run.sh --throwaway --until bash -c 'examples/coffee-shop/tour.sh && web/tests/run.sh && web/tests/lighthouse.sh'
fi
