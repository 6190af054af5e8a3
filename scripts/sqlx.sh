#!/usr/bin/env bash
# Renews primary/.sqlx, the descriptions that queries are checked against
# where no database is at hand. With --check: runs clippy over the workspace, and
# fails when they have drifted from the queries and the migrations.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! compgen -G 'migrations/*.sql' >/dev/null; then
  echo "no migrations yet"
  exit 0
fi

bin=$(dirname "$(readlink -f "$(command -v initdb || echo .)")")
[ -x "$bin/initdb" ] || bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort -V | tail -n 1)

# A server of its own, over a Unix socket, gone with this script.
dir=$(mktemp -d "${TMPDIR:-/tmp}/palisade-sqlx.XXXXXX")
described=$dir/described
mkdir "$dir/pg" "$described"
as_server=()
if [ "$(id -u)" -eq 0 ]; then
  chmod 0755 "$dir"
  chown nobody "$dir/pg"
  as_server=(setpriv --reuid nobody --clear-groups --)
fi
server=
finish() {
  if [ -n "$server" ]; then
    kill -INT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$dir"
}
trap finish EXIT

(
  cd "$dir/pg"
  "${as_server[@]}" "$bin/initdb" --pgdata data --username palisade --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync >/dev/null
)
"${as_server[@]}" "$bin/postgres" -D "$dir/pg/data" -c listen_addresses= -c unix_socket_directories="$dir/pg" -c fsync=off \
  >"$dir/postgres.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  "$bin/pg_isready" -q -h "$dir/pg" && break
  kill -0 "$server" 2>/dev/null || { cat "$dir/postgres.log" >&2; exit 1; }
  sleep 0.1
done
"$bin/createdb" -h "$dir/pg" -U palisade palisade
for migration in migrations/*.sql; do
  "$bin/psql" -h "$dir/pg" -U palisade -d palisade -v ON_ERROR_STOP=1 --single-transaction -qf "$migration" >/dev/null
done

# The macros describe their queries while the crate is compiled, by whatever
# compiles it.
compile=(cargo check --quiet --locked -p palisade-primary --all-targets)
[ "${1:-}" != --check ] || compile=(cargo clippy --quiet --locked --workspace --all-targets -- -D warnings)
touch primary/src/main.rs
[ ! -f primary/src/lib.rs ] || touch primary/src/lib.rs
DATABASE_URL="postgres://palisade@localhost/palisade?host=$dir/pg" \
  SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$described" "${compile[@]}"

mkdir -p primary/.sqlx
if [ "${1:-}" = --check ]; then
  if ! diff -rq primary/.sqlx "$described"; then
    echo "primary/.sqlx has drifted: run make sqlx and commit it" >&2
    exit 1
  fi
else
  rm -f primary/.sqlx/query-*.json
  cp "$described"/query-*.json primary/.sqlx/
fi
