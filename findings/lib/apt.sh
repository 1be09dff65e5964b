# shellcheck shell=bash
# Sourced after setup.sh. Makes $tmp/system, a folder with a system of its own, and $tmp/archive, its only source of packages.
# shellcheck disable=SC2154 # setup.sh sets $tmp

system=$tmp/system
mkdir -p "$system"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$system"/var/lib/apt/lists/partial \
  "$system"/var/cache/apt/archives/partial "$system/var/lib/dpkg" "$tmp/archive"
touch "$system/var/lib/dpkg/status"
echo "deb [trusted=yes] copy:$tmp/archive ./" > "$system/etc/apt/sources.list"

# thing: the paragraph of a package for a list.
thing() {
  cat << 'END'
Package: thing
Version: 1.0
Architecture: all
Maintainer: Nobody <nobody@example.org>
Filename: ./thing_1.0_all.deb
Size: 1
SHA256: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
Description: a package
END
}

# of_system PROGRAM WORD ...: apt-get or apt-cache for that system; the output goes to $tmp/log.
of_system() {
  "$1" -o "Dir=$system" -o "Dir::State::status=$system/var/lib/dpkg/status" -o "Dir::Bin::methods=$tmp/root/usr/lib/apt/methods" \
    -o APT::Architecture=amd64 -o APT::Sandbox::User= -o Debug::NoLocking=1 "${@:2}" > "$tmp/log" 2>&1
}
