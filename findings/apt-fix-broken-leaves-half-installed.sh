#!/bin/bash
# "apt-get --fix-broken install" leaves a package that dpkg wants reinstalled, and "apt-get check" finds nothing.
#
# Expected: after a power cut in the middle of an unpacking, --fix-broken reinstalls the package, or fails.
# Seen with apt 2.6.2: for a package in the state "install reinstreq half-installed", which can be downloaded in the same version,
# both commands end with 0. --fix-broken counts "1 not fully installed or removed" and does nothing about it; only
# "install --reinstall NAME" unpacks it again (all shown with --simulate).
# Source: apt-get(8) says of --fix-broken that it attempts to correct a system with broken dependencies, which are not
# broken here; dpkg(1) says of reinst-required that the package is broken and requires reinstallation.
. "$(dirname "$0")/lib/setup.sh"
debian apt=2.6.2 libapt-pkg6.0=2.6.2
version 2.6.2 apt-get --version

system=$tmp/system
mkdir -p "$system"/etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d} "$system"/var/lib/apt/lists/partial \
  "$system"/var/cache/apt/archives/partial "$system/var/lib/dpkg" "$tmp/archive"
cat > "$tmp/archive/Packages" << 'END'
Package: thing
Version: 1.0
Architecture: all
Maintainer: Nobody <nobody@example.org>
Filename: ./thing_1.0_all.deb
Size: 1
SHA256: 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
Description: a package
END
cat > "$system/var/lib/dpkg/status" << 'END'
Package: thing
Status: install reinstreq half-installed
Version: 1.0
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: a package
END
echo "deb [trusted=yes] copy:$tmp/archive ./" > "$system/etc/apt/sources.list"

# of_system COMMAND ...: apt-get for the system in the folder.
of_system() {
  apt-get -o "Dir=$system" -o "Dir::State::status=$system/var/lib/dpkg/status" -o "Dir::Bin::methods=$tmp/root/usr/lib/apt/methods" \
    -o APT::Architecture=amd64 -o APT::Sandbox::User= -o Debug::NoLocking=1 "$@" > "$tmp/log" 2>&1
}

of_system update || skip "apt-get update: $(tail -n 1 "$tmp/log")"
of_system check || changed 'apt-get check fails for a half-installed package'
of_system --simulate --fix-broken install || changed '--fix-broken fails for a half-installed package'
grep -q '^1 not fully installed or removed' "$tmp/log" || changed '--fix-broken does not count the package'
! grep -q '^Inst ' "$tmp/log" || changed '--fix-broken reinstalls the package'
of_system --simulate --reinstall install thing || changed '--reinstall fails'
grep -q '^Inst thing' "$tmp/log" || changed '--reinstall does not reinstall the package'
echo 'A half-installed package that requires reinstallation: check ends with 0; --fix-broken ends with 0 and does nothing;'
echo '--reinstall with its name would unpack it.'
