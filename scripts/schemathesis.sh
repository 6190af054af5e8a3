#!/usr/bin/env bash
# Asks a throwaway primary whatever its OpenAPI document allows, and much that
# it does not: no answer is a failure of the server, and every answer is as the
# document says. In a network of its own, where nothing but loopback is
# reached: made-up registries and directories are asked for real.
#   scripts/schemathesis.sh [SECONDS]
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-90}

if [ -z "${PALISADE_OWN_NETWORK:-}" ]; then
  as_self=()
  [ "$(id -u)" -eq 0 ] || as_self=(--map-current-user --keep-caps)
  PALISADE_OWN_NETWORK=1 exec unshare --net "${as_self[@]}" "$0" "$@"
fi
ip link set lo up

program=$PWD/target/debug/palisade-primary
export PATH="$PWD/target/tools/bin:$PATH"
command -v schemathesis >/dev/null || {
  echo "schemathesis: it is missing: run scripts/setup.sh lint" >&2
  exit 1
}

# Postgres does not run as root, so its folder must be reachable for others.
dir=$(mktemp -d /var/tmp/palisade-schemathesis.XXXXXX)
chmod 0755 "$dir"
primary=
finish() {
  local status=$?
  if [ -n "$primary" ]; then
    kill -TERM "$primary" 2>/dev/null || true
    wait "$primary" 2>/dev/null || true
  fi
  [ "$status" -eq 0 ] || tail -n 25 "$dir/primary.log" >&2
  rm -rf "$dir"
}
trap finish EXIT

password=$(openssl rand -base64 18)-a1
PALISADE_BOOTSTRAP_PASSWORD=$password "$program" serve --data-dir "$dir/data" \
  --rest-listen 127.0.0.1:0 --portal-listen 127.0.0.1:0 --federation-listen 127.0.0.1:0 \
  >"$dir/primary.log" 2>&1 &
primary=$!
for _ in $(seq 600); do
  [ -e "$dir/data/addresses.json" ] && break
  kill -0 "$primary"
  sleep 0.1
done
address=https://$(jq -r .rest "$dir/data/addresses.json")

api() { # METHOD PATH BODY
  curl --silent --show-error --fail --insecure --max-time 20 --request "$1" "$address$2" \
    --header "X-Auth-Token: ${token:-}" --data "$3"
}
login=$(jq -nc --arg p "$password" '{password: {username: "admin", password: $p}}')
token=$(api POST /v1/auth "$login" | jq -r .token.token)
api POST /v1/fed/promote '{"name": "primary"}' >/dev/null
# The promotion gave admin another role, and so ended the session.
token=$(api POST /v1/auth "$login" | jq -r .token.token)
# A key, since sessions are among what is ended.
secret=$(api POST /v1/api_key '{"apikey": {"apikey_name": "schemathesis", "role": "fedAdmin", "expiration_type": "oneday"}}' |
  jq -r .apikey.apikey_secret)

# Not asked: to take the key away, and the federation.
cd tests/schemathesis
schemathesis run ../../openapi/palisade.json --url "$address" --tls-verify false \
  --header "X-Auth-Apikey: schemathesis:$secret" \
  --checks status_by_contract,response_schema_conformance,content_type_conformance \
  --phases coverage,fuzzing --max-examples 8 --max-time "$seconds" --seed 7 --no-shrink \
  --suppress-health-check all --request-timeout 30 --request-retries 3 --workers 1 --continue-on-failure \
  --exclude-operation-id api_key_delete --exclude-operation-id fed_demote \
  --report-dir ../../target/schemathesis 2>&1 | tee "$dir/schemathesis.log"
# What it cannot read ends its only worker, and it says that all is well.
if grep "Exception in thread" "$dir/schemathesis.log" >&2; then
  echo "schemathesis: it stopped before it had asked everything" >&2
  exit 1
fi
# It still answers.
curl --silent --fail --insecure --max-time 20 --output /dev/null "$address/openapi.json"
