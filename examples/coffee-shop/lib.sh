# shellcheck shell=bash
# What run.sh and tour.sh share: REST calls and waiting on conditions.

# Calls the primary's REST API and prints the body; fails on an HTTP error.
# The session's token is in $token once sign_in has run.
api() { # METHOD PATH [JSON]
  call "$PRIMARY_REST" "${token:-}" "$@"
}

call() { # BASE TOKEN METHOD PATH [JSON]
  local base=$1 session=$2 method=$3 path=$4 body=${5:-}
  local arguments=(--silent --show-error --fail-with-body --insecure --max-time 30 --request "$method")
  [ -z "$session" ] || arguments+=(--header "X-Auth-Token: $session")
  [ -z "$body" ] || arguments+=(--header 'Content-Type: application/json' --data "$body")
  curl "${arguments[@]}" "$base$path" || {
    echo "failed: $method $base$path" >&2
    return 1
  }
}

# Logs in as admin and prints the session's token.
sign_in() { # BASE
  local body
  body=$(jq -nc --arg password "$ADMIN_PASSWORD" '{password: {username: "admin", password: $password}}')
  call "$1" '' POST /v1/auth "$body" | jq -er .token.token
}

# Polls a command until it succeeds.
wait_for() { # SECONDS WHAT COMMAND…
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "waited in vain: $what" >&2
      "$@" >&2 || true
      return 1
    fi
    sleep 0.1
  done
}

member_status() { # NAME
  api GET /v1/fed/member | jq -er --arg name "$1" '.joint_clusters[] | select(.name == $name) | .status'
}

has_status() { # NAME STATUS
  [ "$(member_status "$1")" = "$2" ]
}

# The members' id of a cluster.
member_id() { # NAME
  api GET /v1/fed/member | jq -er --arg name "$1" '.joint_clusters[] | select(.name == $name) | .id'
}
