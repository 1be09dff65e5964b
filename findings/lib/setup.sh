# shellcheck shell=bash
# Sourced by the scripts of the folder above. Makes $tmp, a folder which is removed at the end.

set -euo pipefail
export LC_ALL=C TZ=UTC
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

skip() {
  echo "skipped: $*"
  exit 77
}

changed() {
  echo "changed: $*"
  exit 1
}

# debian NAME=VERSION ...: unpacks the packages, and puts their programs and libraries before those of the system.
debian() {
  local package libraries
  type apt-get dpkg-deb > "$tmp/log" 2>&1 || skip 'apt-get and dpkg-deb are needed'
  mkdir -p "$tmp/packages" "$tmp/root"
  for package in "$@"; do
    (cd "$tmp/packages" && apt-get -q -o APT::Sandbox::User= download "$package") > "$tmp/log" 2>&1 ||
      skip "apt-get download $package: $(tail -n 1 "$tmp/log")"
  done
  for package in "$tmp"/packages/*.deb; do dpkg-deb -x "$package" "$tmp/root"; done
  libraries=$(find "$tmp/root" -name '*.so.*' -printf '%h\n' | sort -u | paste -s -d :)
  export LD_LIBRARY_PATH="$libraries"
  PATH="$tmp/root/usr/sbin:$tmp/root/usr/bin:$tmp/root/sbin:$tmp/root/bin:$PATH"
}

# registry NAME@VERSION: installs an npm package into $tmp/node_modules.
registry() {
  type npm node > "$tmp/log" 2>&1 || skip 'npm and node are needed'
  npm install --silent --no-save --ignore-scripts --no-audit --no-fund --prefix "$tmp" "$1" > "$tmp/log" 2>&1 ||
    skip "npm install $1: $(tail -n 1 "$tmp/log")"
}

# version WANTED COMMAND ...: prints the line of the command's output that names the version.
version() {
  local wanted=$1
  shift
  "$@" > "$tmp/log" 2>&1 || true
  grep -m 1 -F -- "$wanted" "$tmp/log" || skip "$1 is not version $wanted, or does not run here: $(tail -n 1 "$tmp/log")"
}
