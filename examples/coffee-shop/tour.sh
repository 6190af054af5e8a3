#!/usr/bin/env bash
# Walks through the coffee shop of a running `make run`: a federated rule
# decides in staging, and an outage loses nothing. Prints what it does and
# sees; fails when anything is not as told.
set -euo pipefail
shop=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$shop/../.." && pwd)
# shellcheck source=examples/coffee-shop/lib.sh
. "$shop/lib.sh"

find_shop() {
  local candidate
  for candidate in "${PALISADE_RUN_DIR:-}" "$top/.run/coffee-shop" \
    "/var/tmp/palisade-coffee-shop-$(printf %s "$top" | sha256sum | head -c 12)"; do
    [ ! -f "$candidate/shop.env" ] || { echo "$candidate" && return; }
  done
  echo "the coffee shop is closed: start it with make run" >&2
  return 1
}
run=$(find_shop)
# shellcheck source=/dev/null
. "$run/shop.env"
ADMIN_PASSWORD=$(cat "$run/password")

bold='' plain=''
if [ -t 1 ]; then
  bold=$(tput bold) plain=$(tput sgr0)
fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
see() { printf '   %s\n' "$*"; }
differs() {
  echo "tour: not as told: $*" >&2
  exit 1
}

# Asks staging's webhook, as its API server would, whether a pod with IMAGE may
# be created; prints the response.
review() { # IMAGE POD
  jq -nc --arg image "$SHOP_REGISTRY/shop/$1" --arg pod "$2" '{
    apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview",
    request: {
      uid: "c0ffee00-0000-4000-8000-000000000001",
      kind: {group: "", version: "v1", kind: "Pod"},
      resource: {group: "", version: "v1", resource: "pods"},
      requestKind: {group: "", version: "v1", kind: "Pod"},
      requestResource: {group: "", version: "v1", resource: "pods"},
      name: $pod, namespace: "shop", operation: "CREATE", dryRun: false, options: null, oldObject: null,
      userInfo: {username: "barista", groups: ["system:authenticated"]},
      object: {
        apiVersion: "v1", kind: "Pod", metadata: {name: $pod, namespace: "shop", labels: {app: "orders"}},
        spec: {containers: [{name: "orders", image: $image}]}
      }
    }
  }' | curl --silent --show-error --fail-with-body --max-time 10 --cacert "$run/staging/webhook-ca.pem" \
    --header 'Content-Type: application/json' --data @- "$STAGING_WEBHOOK/v1/validate" |
    jq -ce '.response | select(.uid == "c0ffee00-0000-4000-8000-000000000001")'
}

is_denied() { # IMAGE POD
  review "$1" "$2" | jq -e '.allowed == false'
}

is_admitted() { # IMAGE POD
  review "$1" "$2" | jq -e '.allowed == true'
}

# Whether the primary knows of a denial of POD in staging.
denial_of() { # POD
  api GET "/v1/fed/events?name=Admission.Control.Denied&cluster=$staging" |
    jq -ce --arg pod "$1" 'first(.events[].detail | select(.message | contains($pod)))'
}

rule_on_staging() { # ID COMMENT
  api GET "/v1/fed/cluster/$staging/v1/admission/rules?scope=fed" |
    jq -ce --argjson id "$1" --arg comment "$2" '.rules[] | select(.id == $id and .comment == $comment)'
}

# The rule of the tour: no image with more than two high CVEs that have a fix.
rule_config() { # ID COMMENT
  jq -nc --argjson id "$1" --arg comment "$2" '{config: {
    id: $id, category: "Kubernetes", cfg_type: "federal", rule_type: "deny", comment: $comment, disable: false,
    criteria: [{name: "cveHighWithFixCount", op: ">=", value: "3"}], containers: ["containers"]
  }}'
}

# What must not be left behind.
rule='' relay=''
tidy() {
  local status=$?
  [ -z "$relay" ] || kill -CONT -- "-$relay" 2>/dev/null || true
  [ -z "$rule" ] || api DELETE "/v1/admission/rule/$rule" >/dev/null || true
  exit "$status"
}
trap tidy EXIT
stamp=$(date +%s)

say "1. Log in to the primary"
token=$(sign_in "$PRIMARY_REST")
see "admin has a session"

say "2. The members of the federation are synced"
for cluster in production staging; do
  wait_for 30 "$cluster is synced" has_status "$cluster" synced
  see "$cluster is $(member_status "$cluster")"
done
staging=$(member_id staging)

say "3. The federated registry is scanned, once, by the primary"
images=$(api GET /v1/scan/registry/fed.shop/images)
jq -r '.images | sort_by(.repository, .tag)[] |
  "   \(.repository):\(.tag)  \(.base_os)  \(.high) high, \(.medium) medium  \(.status)"' <<<"$images"
[ "$(jq '[.images[] | select(.status == "finished")] | length' <<<"$images")" = 5 ] ||
  differs "five images are scanned"

say "4. orders:v1 is admitted in staging: no rule speaks against it"
wait_for 20 "orders:v1 is admitted" is_admitted orders:v1 "orders-before-$stamp"
see "$(review orders:v1 "orders-before-$stamp")"

say "5. A federated rule: no image with more than two high CVEs that have a fix"
rule=$(api POST /v1/admission/rule "$(rule_config 0 "Fix what can be fixed")" | jq -er .rule.id)
see "the primary gave it id $rule"
wait_for 30 "staging is synced" has_status staging synced
wait_for 10 "staging shows the rule" rule_on_staging "$rule" "Fix what can be fixed"
see "staging holds it: $(rule_on_staging "$rule" "Fix what can be fixed" | jq -c '{id, cfg_type, rule_type, comment}')"

say "6. orders:v1 is denied in staging, orders:v2 is admitted"
wait_for 20 "orders:v1 is denied" is_denied orders:v1 "orders-v1-$stamp"
message=$(review orders:v1 "orders-v1-$stamp" | jq -er .status.message)
see "orders:v1: $message"
[[ $message == *"$rule"* ]] || differs "the message names rule $rule"
[[ $message == *CVE-2023-38545* ]] || differs "the message names the CVEs"
is_admitted orders:v2 "orders-v2-$stamp" >/dev/null || differs "orders:v2 is admitted"
see "orders:v2: admitted"
wait_for 20 "the denial is seen on the primary" denial_of "orders-v1-$stamp"
see "the primary's record of events: $(denial_of "orders-v1-$stamp" | jq -r .message)"

say "7. The rule is deleted: orders:v1 is admitted again"
api DELETE "/v1/admission/rule/$rule" >/dev/null
rule=''
wait_for 20 "orders:v1 is admitted" is_admitted orders:v1 "orders-again-$stamp"
see "orders:v1: admitted"

say "8. staging is cut off; a rule is edited; staging still decides"
rule=$(api POST /v1/admission/rule "$(rule_config 0 "Before the outage")" | jq -er .rule.id)
wait_for 20 "orders:v1 is denied" is_denied orders:v1 "orders-cut-$stamp"
relay=$(cat "$run/relay.pid")
kill -STOP -- "-$relay"
see "the wire between staging and the primary is dead"
wait_for 30 "staging is disconnected" has_status staging disconnected
see "the primary shows staging as $(member_status staging)"
api PATCH /v1/admission/rule "$(rule_config "$rule" "Edited during the outage")" >/dev/null
see "rule $rule has another comment now"
is_denied orders:v1 "orders-outage-$stamp" >/dev/null || differs "orders:v1 is denied during the outage"
see "staging denies orders:v1 by the policy that it holds"
! denial_of "orders-outage-$stamp" >/dev/null || differs "nothing of the outage is on the primary yet"

say "9. staging comes back: it is synced, and nothing of the outage is lost"
kill -CONT -- "-$relay"
relay=''
wait_for 60 "staging is synced" has_status staging synced
see "staging is synced"
wait_for 10 "staging shows the edit" rule_on_staging "$rule" "Edited during the outage"
see "staging holds: $(rule_on_staging "$rule" "Edited during the outage" | jq -c '{id, comment}')"
wait_for 30 "the denial of the outage arrives" denial_of "orders-outage-$stamp"
see "the primary's record of events: $(denial_of "orders-outage-$stamp" | jq -r .message)"

say "The tour is over: all was as told."
