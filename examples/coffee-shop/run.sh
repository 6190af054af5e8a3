#!/usr/bin/env bash
# Runs the coffee shop: a primary on its own Postgres, the clusters
# `production` (its home cluster) and `staging`, and a registry with the
# shop's images. Stays in the foreground; Ctrl-C ends every process.
#
#   run.sh                  on the usual ports, keeping its state
#   run.sh --throwaway      on free ports, forgetting its state at the end
#   run.sh --until COMMAND  runs COMMAND when all is up, then ends
#   run.sh --forget         removes the state
#
# PALISADE_RUN_DIR is where the state is kept; PRIMARY_REST_PORT and the other
# ports below can be set too.
set -euo pipefail
shop=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$shop/../.." && pwd)
cd "$top"
# shellcheck source=examples/coffee-shop/lib.sh
. "$shop/lib.sh"

throwaway='' until_command=() forget=''
while [ $# -gt 0 ]; do
  case $1 in
    --throwaway) throwaway=1 ;;
    --forget) forget=1 ;;
    --until)
      shift
      until_command=("$@")
      break
      ;;
    *)
      echo "run.sh: no such option: $1" >&2
      exit 2
      ;;
  esac
  shift
done

# Postgres does not run as root, so its folder must be reachable for others:
# a checkout in root's home is not.
run_dir() {
  if [ -n "${PALISADE_RUN_DIR:-}" ]; then
    echo "$PALISADE_RUN_DIR"
  elif [ -n "$throwaway" ]; then
    mktemp -d /var/tmp/palisade-coffee-shop.XXXXXX
  elif [ "$(id -u)" -ne 0 ] || setpriv --reuid nobody --clear-groups test -x "$top"; then
    echo "$top/.run/coffee-shop"
  else
    echo "/var/tmp/palisade-coffee-shop-$(printf %s "$top" | sha256sum | head -c 12)"
  fi
}
run=$(run_dir)
if [ -n "$forget" ]; then
  rm -rf "$run"
  exit
fi

# Each of the nine from a range of its own, below the ports that the system lends.
free_port() { # PLACE
  local port
  while :; do
    port=$((20000 + $1 * 1300 + RANDOM % 1300))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}
port() { # VARIABLE DEFAULT PLACE
  if [ -n "${!1:-}" ]; then
    echo "${!1}"
  elif [ -n "$throwaway" ]; then
    free_port "$3"
  else
    echo "$2"
  fi
}
primary_rest_port=$(port PRIMARY_REST_PORT 10443 0)
primary_portal_port=$(port PRIMARY_PORTAL_PORT 8443 1)
primary_federation_port=$(port PRIMARY_FEDERATION_PORT 11443 2)
production_rest_port=$(port PRODUCTION_REST_PORT 10444 3)
production_webhook_port=$(port PRODUCTION_WEBHOOK_PORT 20443 4)
staging_rest_port=$(port STAGING_REST_PORT 10445 5)
staging_webhook_port=$(port STAGING_WEBHOOK_PORT 20444 6)
relay_port=$(port STAGING_RELAY_PORT 11444 7)
registry_port=$(port REGISTRY_PORT 5050 8)
export PRIMARY_REST=https://127.0.0.1:$primary_rest_port

pids=()
start() { # NAME COMMAND…
  local name=$1
  shift
  # A session of its own: Ctrl-C reaches this script, which ends its children
  # in order; should it die, they are asked to stop.
  setsid setpriv --pdeathsig TERM -- "$@" >>"$run/$name.log" 2>&1 &
  pids+=($!)
  echo $! >"$run/$name.pid"
}

# The last started ends first.
interrupted=
finish() {
  local status=$? i
  trap - EXIT
  trap '' INT TERM
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -CONT -- "-${pids[i]}" 2>/dev/null || true
    kill -TERM -- "-${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  if [ -n "$interrupted" ]; then
    echo "the coffee shop is closed"
    # That is how it is meant to end, unless a command was still to come.
    [ "${#until_command[@]}" -gt 0 ] || status=0
  elif [ "$status" -ne 0 ] && [ -d "$run" ]; then
    tail -n 25 "$run"/*.log >&2 || true
    # The cause last, where whoever reads the end of a long output finds it.
    [ ! -e "$run/until.out" ] || tail -n 60 "$run/until.out" >&2
  fi
  [ -z "$throwaway" ] || rm -rf "$run"
  exit "$status"
}
trap finish EXIT
trap 'interrupted=1; exit 130' INT
trap 'interrupted=1; exit 143' TERM

running() { # NAME: fails when the program has ended
  kill -0 "$(cat "$run/$1.pid")" 2>/dev/null || {
    echo "$1 has ended, see $run/$1.log" >&2
    exit 1
  }
}

answers() { # NAME URL
  running "$1"
  curl --silent --fail --insecure --max-time 2 "$2" >/dev/null
}

echo "building"
scripts/build.sh
target=${CARGO_TARGET_DIR:-target}/debug
primary=$target/palisade-primary agent=$target/palisade-agent

# A first run that was interrupted is begun anew.
[ -e "$run/furnished" ] || rm -rf "$run"
mkdir -p "$run"
chmod 0755 "$run"
exec 9>"$run/lock"
flock --nonblock 9 || {
  echo "the coffee shop runs already in $run" >&2
  exit 1
}
if [ ! -e "$run/password" ]; then
  (umask 077 && openssl rand -base64 18 | sed 's/$/-a1/' >"$run/password")
fi
ADMIN_PASSWORD=$(cat "$run/password")
export ADMIN_PASSWORD PALISADE_BOOTSTRAP_PASSWORD=$ADMIN_PASSWORD

cat >"$run/registry.yml" <<YML
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $run/registry}}
http: {addr: "127.0.0.1:$registry_port", secret: coffee-shop}
YML
start registry docker-registry serve "$run/registry.yml"

"$primary" vulndb build \
  --source "osv=$shop/advisories/osv" \
  --source "debian=$shop/advisories/debian/tracker.json" \
  --source "alpine=$shop/advisories/alpine/main.json" \
  --out "$run/vulndb" >"$run/vulndb.log" 2>&1

start primary "$primary" serve --data-dir "$run/primary" --vulndb "$run/vulndb" \
  --rest-listen "127.0.0.1:$primary_rest_port" \
  --portal-listen "127.0.0.1:$primary_portal_port" \
  --federation-listen "127.0.0.1:$primary_federation_port" \
  --federation-address "127.0.0.1:$primary_federation_port"

# The wire between staging and the primary: the tour holds it.
start relay socat "TCP-LISTEN:$relay_port,bind=127.0.0.1,fork,reuseaddr" \
  "TCP:127.0.0.1:$primary_federation_port"

wait_for 60 "the primary is ready" answers primary "$PRIMARY_REST/readyz"
wait_for 20 "the registry answers" answers registry "http://127.0.0.1:$registry_port/v2/"

join() { # NAME REST_PORT WEBHOOK_PORT [TOKEN]
  local token_arguments=()
  [ -z "${4:-}" ] || token_arguments=(--token "$4")
  start "$1" "$agent" run --name "$1" --data-dir "$run/$1" --roles controller \
    --rest-listen "127.0.0.1:$2" --webhook-listen "127.0.0.1:$3" "${token_arguments[@]}"
}

if [ ! -e "$run/furnished" ]; then
  "$shop/images.sh" "127.0.0.1:$registry_port"
  token=$(sign_in "$PRIMARY_REST")
  api POST /v1/fed/promote \
    "{\"name\":\"coffee-shop\",\"master_rest_info\":{\"server\":\"127.0.0.1\",\"port\":$primary_federation_port}}" >/dev/null
  home=$("$primary" token create --data-dir "$run/primary" --home)
  # Staging lies behind the relay: its token names the relay's port.
  remote=$("$primary" token create --data-dir "$run/primary" |
    base64 -d | jq -c ".p = $relay_port" | base64 -w 0)
  join production "$production_rest_port" "$production_webhook_port" "$home"
  join staging "$staging_rest_port" "$staging_webhook_port" "$remote"
else
  join production "$production_rest_port" "$production_webhook_port"
  join staging "$staging_rest_port" "$staging_webhook_port"
fi

token=$(sign_in "$PRIMARY_REST")
wait_for 60 "production is synced" has_status production synced
wait_for 60 "staging is synced" has_status staging synced

scanned() {
  api GET /v1/scan/registry/fed.shop | jq -e '.summary | .status == "idle" and .scanned == 5' ||
    { api GET /v1/scan/registry/fed.shop && return 1; }
}

if [ ! -e "$run/furnished" ]; then
  echo "furnishing the shop"
  api POST /v1/group '{"config": {"name": "fed.orders", "cfg_type": "federal", "comment": "Takes the orders",
    "criteria": [{"key": "service", "value": "orders", "op": "="}]}}' >/dev/null
  api POST /v1/group '{"config": {"name": "fed.payments", "cfg_type": "federal", "comment": "Takes the money",
    "criteria": [{"key": "service", "value": "payments", "op": "="}]}}' >/dev/null
  api PATCH '/v1/policy/rule?scope=fed' '{"insert": {"after": 0, "rules": [
    {"id": 0, "from": "fed.orders", "to": "fed.payments", "ports": "tcp/443", "applications": ["SSL"],
     "action": "allow", "cfg_type": "federal", "learned": false, "disable": false, "comment": "Orders are paid"},
    {"id": 0, "from": "external", "to": "fed.payments", "ports": "any", "applications": ["any"],
     "action": "deny", "cfg_type": "federal", "learned": false, "disable": false, "comment": "Nobody else asks for money"}
  ]}}' >/dev/null
  api POST /v1/scan/registry "{\"config\": {\"name\": \"fed.shop\", \"registry_type\": \"Docker Registry\",
    \"registry\": \"http://127.0.0.1:$registry_port/\", \"filters\": [\"*\"], \"cfg_type\": \"federal\"}}" >/dev/null
  api POST /v1/scan/registry/fed.shop/scan >/dev/null
  wait_for 90 "the registry is scanned" scanned
  for cluster in production staging; do
    api PATCH "/v1/fed/cluster/$(member_id "$cluster")/v1/admission/state" \
      '{"state": {"enable": true, "mode": "protect"}}' >/dev/null
    wait_for 60 "$cluster is synced" has_status "$cluster" synced
  done
  touch "$run/furnished"
fi

# What the tour needs to know.
cat >"$run/shop.env" <<ENV
export PRIMARY_REST=$PRIMARY_REST
export PRIMARY_PORTAL=https://127.0.0.1:$primary_portal_port
export STAGING_WEBHOOK=https://127.0.0.1:$staging_webhook_port
export SHOP_REGISTRY=127.0.0.1:$registry_port
export PALISADE_RUN_DIR=$run
ENV

cat <<TEXT

The coffee shop is open.

  portal           https://127.0.0.1:$primary_portal_port/
  REST API         $PRIMARY_REST/
  user, password   admin, $ADMIN_PASSWORD
  registry         http://127.0.0.1:$registry_port/
  production       REST https://127.0.0.1:$production_rest_port/  webhook https://127.0.0.1:$production_webhook_port/v1/validate
  staging          REST https://127.0.0.1:$staging_rest_port/  webhook https://127.0.0.1:$staging_webhook_port/v1/validate
  state and logs   $run

TEXT

if [ "${#until_command[@]}" -gt 0 ]; then
  PALISADE_RUN_DIR=$run "${until_command[@]}" 2>&1 | tee "$run/until.out"
  exit
fi
echo "Walk through it with examples/coffee-shop/tour.sh. Ctrl-C ends everything."
wait -n "${pids[@]}" || true
echo "one of the programs has ended" >&2
exit 1
