#!/usr/bin/env bash
# Builds the portal, where its sources or the REST API's document are newer than
# what was built, then both programs with it. Arguments go to cargo: scripts/build.sh --release
set -euo pipefail
cd "$(dirname "$0")/.."

built=web/dist/index.html
if [ ! -e "$built" ] || [ -n "$(find web openapi -path web/node_modules -prune -o -path web/dist -prune -o -path web/src/api/schema.ts -prune -o -type f -newer "$built" -print -quit)" ]; then
  npm --prefix web run --silent build
fi
cargo build --quiet --locked "$@" -p palisade-primary -p palisade-agent
