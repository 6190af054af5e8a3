#!/usr/bin/env bash
# Looks at every page of the portal and walks through it, in a browser without
# a screen, against a running coffee shop:
#   examples/coffee-shop/run.sh --throwaway --until web/tests/run.sh
# Pictures of all pages are left in target/portal.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. "$PALISADE_RUN_DIR/shop.env"
timeout 1800 npm run --silent test:browser -- "$@"
