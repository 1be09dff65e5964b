#!/bin/bash
# "apt-get update" prints a line "Err:" for a package list that it then takes from another file, and ends with 0.
#
# Expected: a file that is only tried is an "Ign:", as for a Release file that is missing; an "Err:" is a failure.
# Seen with apt 2.6.2: an archive without Release has its list as Packages.gz alone. The names that apt tries first fail with
# "Err:", the next one is taken with "Get:"; no line "E:" or "W: Failed to fetch" follows, the status is 0, and the
# package is known. Who searches the output for "Err:" takes a success for a failure.
# Source: apt-get(8) describes the status only: 100 on error. The words Hit, Get, Ign and Err are described nowhere in it.
. "$(dirname "$0")/lib/setup.sh"
debian apt=2.6.2 libapt-pkg6.0=2.6.2
version 2.6.2 apt-get --version

system=$tmp/system
mkdir -p "$system"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$system"/var/lib/apt/lists/partial \
  "$system"/var/cache/apt/archives/partial "$system/var/lib/dpkg" "$tmp/archive"
touch "$system/var/lib/dpkg/status"
gzip > "$tmp/archive/Packages.gz" << 'END'
Package: thing
Version: 1.0
Architecture: all
Maintainer: Nobody <nobody@example.org>
Filename: ./thing_1.0_all.deb
Size: 1
SHA256: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
Description: a package
END
echo "deb [trusted=yes] copy:$tmp/archive ./" > "$system/etc/apt/sources.list"

# of_system PROGRAM WORD ...: apt-get or apt-cache for the system in the folder.
of_system() {
  "$1" -o "Dir=$system" -o "Dir::State::status=$system/var/lib/dpkg/status" -o "Dir::Bin::methods=$tmp/root/usr/lib/apt/methods" \
    -o APT::Architecture=amd64 -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Acquire::Languages=none "${@:2}" > "$tmp/log" 2>&1
}

of_system apt-get update || changed "apt-get update ends with $?: $(tail -n 1 "$tmp/log")"
cat "$tmp/log"
grep -q '^Err:.*Packages' "$tmp/log" || changed 'no line begins with Err:'
grep -q '^Get:.*Packages' "$tmp/log" || changed 'no line begins with Get:'
! grep -qE '^(E|W): ' "$tmp/log" || changed 'an error or a warning follows'
of_system apt-cache show thing || changed 'the package of the list is not known'
echo 'A package list has a line Err: and then one Get:; apt-get update reports no error, ends with 0, and knows the package.'
