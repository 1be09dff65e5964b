# Sourced by scripts/try and scripts/test: what both need before they can start, and what the tests need.
# shellcheck shell=bash

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }
note() { printf '  %s\n' "$*" >&2; }

# The folders where Debian keeps programs from ordinary users.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# An old Node stops here, with what to do.
require_node() {
  command -v node >/dev/null || {
    note "Node.js is not installed: version 20.19 or later is needed (https://nodejs.org)"
    exit 1
  }
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || {
    note "Node.js $(node --version) is too old: version 20.19 or later is needed (https://nodejs.org)"
    exit 1
  }
}

# as_root COMMAND…: runs it as root if this user is, or may by sudo; fails with a reason if not.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    note "this needs root: $*"
    return 1
  fi
}

# install_programs PROGRAM=PACKAGE…: installs the packages whose program is missing, and says so first.
# Fails where that is not possible; the reason is in $install_problem.
install_programs() {
  install_problem=''
  local missing=() pair
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
  if command -v brew >/dev/null; then
    say "Installing with Homebrew: ${missing[*]}"
    brew install "${missing[@]}" >&2 || install_problem="brew install failed"
  elif command -v apt-get >/dev/null; then
    say "Installing Debian packages: ${missing[*]}"
    as_root apt-get update -qq >&2 &&
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
      install_problem="the package mirror could not be reached, or apt-get failed"
  else
    install_problem="no apt-get and no brew here; install by hand: ${missing[*]}"
  fi
  [ -z "$install_problem" ] || { note "$install_problem"; return 1; }
}

# install_packages PACKAGE…: Debian packages that install no program by which to detect them.
install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  install_programs "${missing[@]/#/no-such-program=}"
}

# What the tests need, on top of what piimg needs. Programs that come with a service (sshd, NetworkManager) are installed
# only in continuous integration (CI=true); elsewhere they are used if they are present.
# install_for_tests FULL: "yes" where the tests that take long run too.
install_for_tests() {
  install_programs debugfs=e2fsprogs e2fsck=e2fsprogs mcopy=mtools fsck.vfat=dosfstools mkfs.vfat=dosfstools \
    xz=xz-utils zstd=zstd zip=zip ssh=openssh-client qemu-system-aarch64=qemu-system-arm qemu-img=qemu-utils ||
    note "tests that need a missing program are skipped"
  command -v apt-get >/dev/null || return 0
  install_programs systemd-nspawn=systemd-container ip=iproute2 gpg=gnupg dnsmasq=dnsmasq-base python3=python3-minimal ||
    note "nodes cannot be booted in containers"
  install_programs shellcheck=shellcheck pyflakes3=pyflakes3 || note "programs of nodes are not linted"
  if [ "$1" = yes ]; then
    install_programs qemu-system-x86_64=qemu-system-x86 cpio=cpio podman=podman ||
      note "no guest with another kernel, or no Podman"
  fi
  if [ "${CI:-}" = true ]; then
    install_packages openssh-server sudo python3-gi gir1.2-nm-1.0 wpasupplicant dhcpcd-base netplan.io systemd nftables iptables \
      passwd uidmap util-linux openssl docker.io mmdebstrap || note "tests that need a missing program are skipped"
    # Two lanes make bootable images at the same time, and only one apt-get can run.
    install_programs arch-test=arch-test sfdisk=fdisk qemu-aarch64-static=qemu-user-static update-binfmts=binfmt-support ||
      note "bootable images cannot be made"
  fi
}

# Node packages and the compiled program, where they are missing or older than the sources.
prepare_node() {
  if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    say "Installing Node packages into node_modules (npm ci)"
    npm ci --no-audit --no-fund --loglevel=error >&2
  fi
  npm run --silent build
}
