#!/usr/bin/env bash
# Has a primary scan an image, as NeuVector's plugins do: log in, repeat the
# request until it is answered, log out. Needs curl and jq.
#
# PALISADE_URL       https://palisade.example:10443
# PALISADE_USERNAME, PALISADE_PASSWORD    a user of the role ciops
# PALISADE_CA        certificate to trust, where it is not a public one
# REGISTRY, REPOSITORY, TAG    the image; the registry as a URL
# REGISTRY_USERNAME, REGISTRY_PASSWORD    where not everybody may pull
# HIGH_VUL_TO_FAIL   fail from so many high and critical ones on; 0 is off
set -euo pipefail

curl=(curl --silent --show-error ${PALISADE_CA:+--cacert "$PALISADE_CA"})
answer=$(mktemp)
token=
finish() {
  rm -f "$answer"
  [ -z "$token" ] || "${curl[@]}" --request DELETE --header "X-Auth-Token: $token" "$PALISADE_URL/v1/auth"
}
trap finish EXIT

# Secrets go through standard input: arguments are seen by everybody.
token=$(jq --null-input '{password: {username: env.PALISADE_USERNAME, password: env.PALISADE_PASSWORD}}' |
  "${curl[@]}" --fail --data @- "$PALISADE_URL/v1/auth" | jq --raw-output .token.token)

request=$(jq --null-input '{request: {
  registry: env.REGISTRY, repository: env.REPOSITORY, tag: (env.TAG // "latest"),
  username: (env.REGISTRY_USERNAME // ""), password: (env.REGISTRY_PASSWORD // ""),
  scan_layers: false, base_image: "", metadata: {source: "script"}}}')
while :; do
  status=$("${curl[@]}" --max-time 60 --output "$answer" --write-out '%{http_code}' \
    --header "X-Auth-Token: $token" --data @- "$PALISADE_URL/v1/scan/repository" <<<"$request")
  [ "$status" = 304 ] || break
done
if [ "$status" != 200 ]; then
  jq --raw-output '.message' "$answer" >&2
  exit 1
fi

jq --raw-output '.report.vulnerabilities[] | [.severity, .name, .package_name, .package_version, .fixed_version] | @tsv' "$answer"
high=$(jq '[.report.vulnerabilities[] | select(.severity == "High" or .severity == "Critical")] | length' "$answer")
limit=${HIGH_VUL_TO_FAIL:-0}
if [ "$limit" -gt 0 ] && [ "$high" -ge "$limit" ]; then
  echo "$high high or critical vulnerabilities" >&2
  exit 3
fi
