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
. "$(dirname "$0")/lib/apt.sh"

thing > "$tmp/archive/Packages"
cat > "$system/var/lib/dpkg/status" << 'END'
Package: thing
Status: install reinstreq half-installed
Version: 1.0
Architecture: all
Maintainer: Nobody <nobody@example.org>
Description: a package
END

of_system apt-get update || skip "apt-get update: $(tail -n 1 "$tmp/log")"
of_system apt-get check || changed 'apt-get check fails for a half-installed package'
of_system apt-get --simulate --fix-broken install || changed '--fix-broken fails for a half-installed package'
grep -q '^1 not fully installed or removed' "$tmp/log" || changed '--fix-broken does not count the package'
! grep -q '^Inst ' "$tmp/log" || changed '--fix-broken reinstalls the package'
of_system apt-get --simulate --reinstall install thing || changed '--reinstall fails'
grep -q '^Inst thing' "$tmp/log" || changed '--reinstall does not reinstall the package'
echo 'A half-installed package that requires reinstallation: check ends with 0; --fix-broken ends with 0 and does nothing;'
echo '--reinstall with its name would unpack it.'
