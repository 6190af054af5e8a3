#!/usr/bin/env bash
# What Lighthouse says of the portal of a running coffee shop:
#   examples/coffee-shop/run.sh --throwaway --until web/tests/lighthouse.sh
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null
. "$PALISADE_RUN_DIR/shop.env"
export PRIMARY_PORTAL PALISADE_RUN_DIR
timeout 600 node tests/lighthouse.mjs "$@"
