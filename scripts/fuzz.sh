#!/usr/bin/env bash
# Feeds made-up input to every parser of the scanner for a short while each,
# by libFuzzer on the stable toolchain: a panic, a second without an answer or
# memory without bound fails. What was found stays in target/fuzz.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]    SECONDS for each target, 10
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
shift || true
crate=remote-agent/scanner/fuzz
work=$PWD/target/fuzz
export RUSTC_WRAPPER=$PWD/$crate/instrument.sh
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}

cp Cargo.lock "$crate/Cargo.lock"
cargo build --quiet --manifest-path "$crate/Cargo.toml"
"$CARGO_TARGET_DIR/debug/seeds" "$work/seeds"

targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  for target in "$crate"/fuzz_targets/*.rs; do
    targets+=("$(basename "$target" .rs)")
  done
fi
# One target on each processor.
fuzz() { # TARGET
  local target=$1
  mkdir -p "$work/corpus/$target" "$work/found"
  "$CARGO_TARGET_DIR/debug/$target" "$work/corpus/$target" "$work/seeds/$target" \
    -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
    -malloc_limit_mb=512 -artifact_prefix="$work/found/$target-" -print_final_stats=1 \
    2>"$work/found/$target.log" || {
    tail -n 40 "$work/found/$target.log" >&2
    echo "fuzz: $target failed; the input is in $work/found" >&2
    return 1
  }
  printf '== fuzz %s for %s s: %s\n' "$target" "$seconds" \
    "$(sed -n 's/^stat::\(number_of_executed_units\|peak_rss_mb\): */\1 /p' "$work/found/$target.log" | paste -sd ' ')"
}
export -f fuzz
export work seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I TARGET bash -c 'fuzz TARGET'
