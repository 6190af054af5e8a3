#!/usr/bin/env bash
# Makes the coffee shop's container images and pushes them to a registry.
# They hold what a scanner reads (an os-release and the database of installed
# packages, at real versions) and a script in place of the program.
#
#   images.sh HOST:PORT
set -euo pipefail
registry=$1
here=$(cd "$(dirname "$0")/images" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

packages() { # FILE: its lines without comments
  grep -v '^#' "$1"
}

dpkg_status() {
  packages "$1" | while read -r name version source; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s\nVersion: %s\n\n' \
      "$name" "$source" "$version"
  done
}

apk_installed() {
  packages "$1" | while read -r name version origin; do
    printf 'P:%s\nV:%s\nA:x86_64\no:%s\n\n' "$name" "$version" "$origin"
  done
}

digest() { sha256sum "$1" | cut -d' ' -f1; }

# Moves FILE into LAYOUT under its digest and prints a descriptor.
store() { # LAYOUT FILE MEDIA_TYPE
  local sha size
  sha=$(digest "$2")
  size=$(stat -c %s "$2")
  mv "$2" "$1/blobs/sha256/$sha"
  jq -nc --arg type "$3" --arg digest "sha256:$sha" --argjson size "$size" \
    '{mediaType: $type, digest: $digest, size: $size}'
}

# Packs FOLDER as a layer: prints its descriptor, then its diff id.
layer() { # LAYOUT FOLDER
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$2" -cf "$work/layer.tar" .
  local diff_id
  diff_id="sha256:$(digest "$work/layer.tar")"
  gzip -n -f "$work/layer.tar"
  store "$1" "$work/layer.tar.gz" application/vnd.oci.image.layer.v1.tar+gzip
  echo "$diff_id"
}

image() { # NAME TAG OS USER
  local name=$1 tag=$2 os=$3 user=$4
  local list=$here/$name-$tag.packages layout=$work/$name-$tag base=$work/base app=$work/app
  rm -rf "$base" "$app"
  mkdir -p "$layout/blobs/sha256" "$base/etc" "$app/usr/local/bin"
  cp "$here/$os.os-release" "$base/etc/os-release"
  case $os in
    debian-*)
      mkdir -p "$base/var/lib/dpkg"
      dpkg_status "$list" >"$base/var/lib/dpkg/status"
      ;;
    alpine-*)
      mkdir -p "$base/lib/apk/db"
      apk_installed "$list" >"$base/lib/apk/db/installed"
      ;;
  esac
  printf '#!/bin/sh\necho "%s %s: open for business"\n' "$name" "$tag" >"$app/usr/local/bin/$name"
  chmod 0755 "$app/usr/local/bin/$name"

  local base_layer app_layer config
  mapfile -t base_layer < <(layer "$layout" "$base")
  mapfile -t app_layer < <(layer "$layout" "$app")
  jq -nc --arg name "$name" --arg tag "$tag" --arg user "$user" \
    --arg base "${base_layer[1]}" --arg app "${app_layer[1]}" '{
      architecture: "amd64", os: "linux", created: "2024-01-01T00:00:00Z",
      config: {
        User: $user, Entrypoint: ["/usr/local/bin/\($name)"],
        Labels: {"org.opencontainers.image.title": $name, "org.opencontainers.image.version": $tag}
      },
      rootfs: {type: "layers", diff_ids: [$base, $app]},
      history: [{created_by: "COPY base /"}, {created_by: "COPY \($name) /usr/local/bin/"}]
    }' >"$work/config.json"
  config=$(store "$layout" "$work/config.json" application/vnd.oci.image.config.v1+json)
  jq -nc --argjson config "$config" --argjson base "${base_layer[0]}" --argjson app "${app_layer[0]}" '{
      schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: $config, layers: [$base, $app]
    }' >"$work/manifest.json"
  store "$layout" "$work/manifest.json" application/vnd.oci.image.manifest.v1+json |
    jq -c --arg tag "$tag" '{
      schemaVersion: 2,
      manifests: [. + {annotations: {"org.opencontainers.image.ref.name": $tag}}]
    }' >"$layout/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  skopeo copy --quiet --preserve-digests --insecure-policy --dest-tls-verify=false \
    "oci:$layout:$tag" "docker://$registry/shop/$name:$tag"
  echo "pushed $registry/shop/$name:$tag"
}

image orders v1 debian-12 ''
image orders v2 debian-12 1000
image menu v1 debian-12 1000
image web v1 debian-12 1000
image payments v1 alpine-3.18 1000
