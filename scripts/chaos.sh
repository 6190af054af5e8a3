#!/usr/bin/env bash
# Kills, cuts, fills and turns back clocks at moments that a seed gives, and checks
# that nothing acknowledged is lost. One part after the other; needs root for
# network namespaces and small disks, and leaves those out otherwise.
#
#   SEED=7 scripts/chaos.sh [clock] [disk] [flaps] [kills] [network]
set -euo pipefail
cd "$(dirname "$0")/.."
export PALISADE_SEED=${SEED:-7}
ulimit -n "$(ulimit -H -n)"
scripts/build.sh
parts=("$@")
[ "${#parts[@]}" -gt 0 ] || parts=(clock disk flaps kills network)
for part in "${parts[@]}"; do
  cargo test --quiet --locked --workspace --test chaos -- --ignored --nocapture --test-threads 1 "$part::"
done
