#!/usr/bin/env bash
# Stands before rustc when the fuzz targets are built: only the scanner and the
# targets carry instruments, so that the dependencies are those of every build.
set -euo pipefail
rustc=$1
shift
case " $* " in
*' --crate-name palisade_scanner '* | *' --crate-name palisade_scanner_fuzz '* | *'/fuzz_targets/'* | *' fuzz_targets/'*)
  exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
  ;;
esac
exec "$rustc" "$@"
