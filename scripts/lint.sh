#!/usr/bin/env bash
# Everything that is checked without running the programs.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/target/tools/bin:$PATH"

step() { printf '\n== %s\n' "$*"; }

# A linter that could not be installed is left out with a word about it; CI
# does not let that pass.
have() {
  command -v "$1" >/dev/null && return
  echo "lint: $1 is missing: this check was left out" >&2
  [ -z "${CI:-}" ] || exit 1
  return 1
}

step "cargo fmt"
cargo fmt --all --check

step "clippy, and descriptions of SQL queries"
scripts/sqlx.sh --check

step "licences, bans, sources"
if have cargo-deny; then
  cargo deny --offline --log-level error check licenses bans sources
fi

step "shellcheck"
git ls-files -z '*.sh' .ci/run | xargs -0 shellcheck

step "hadolint"
if compgen -G 'deploy/*.Containerfile' >/dev/null && have hadolint; then
  hadolint deploy/*.Containerfile
fi

step "Helm charts"
if have helm && have kubernetes-validate; then
  for values in deploy/helm/*/ci/*.yaml; do
    chart=${values%/ci/*}
    helm lint --quiet --strict --values "$values" "$chart"
    helm template hub "$chart" --namespace palisade --values "$values" >target/chart.yaml
    kubernetes-validate --quiet --strict --kubernetes-version 1.30.0 target/chart.yaml
  done
fi

step "portal: types and style"
npm --prefix web run --silent lint

step "lint passed"
