#!/usr/bin/env bash
# Builds the portal, where its sources or the REST API's document are newer than
# what was built, then both programs with it.
#
#   scripts/build.sh             for trying and testing
#   scripts/build.sh --tests     for testing, and all tests beside them: the primary
#                                and its own tests, on one core each, take longest
#   scripts/build.sh --release   as they are shipped
set -euo pipefail
cd "$(dirname "$0")/.."

built=web/dist/index.html
if [ ! -e "$built" ] || [ -n "$(find web openapi -path web/node_modules -prune -o -path web/dist -prune -o -path web/src/api/schema.ts -prune -o -type f -newer "$built" -print -quit)" ]; then
  npm --prefix web run --silent build
fi
# With the clock that tests can stop: so their dependencies are these too, and
# nothing is built twice.
programs=(-p palisade-primary -p palisade-agent)
case ${1:-} in
  '') what=("${programs[@]}" --features tokio/test-util) ;;
  --tests) what=(--workspace --bins --tests) ;;
  *) what=("$1" "${programs[@]}") ;;
esac
cargo build --quiet --locked "${what[@]}"
