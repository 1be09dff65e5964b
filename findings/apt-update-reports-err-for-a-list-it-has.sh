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
. "$(dirname "$0")/lib/apt.sh"

thing | gzip > "$tmp/archive/Packages.gz"
of_system apt-get -o Acquire::Languages=none update || changed "apt-get update ends with $?: $(tail -n 1 "$tmp/log")"
cat "$tmp/log"
grep -q '^Err:.*Packages' "$tmp/log" || changed 'no line begins with Err:'
grep -q '^Get:.*Packages' "$tmp/log" || changed 'no line begins with Get:'
! grep -qE '^(E|W): ' "$tmp/log" || changed 'an error or a warning follows'
of_system apt-cache show thing || changed 'the package of the list is not known'
echo 'A package list has a line Err: and then one Get:; apt-get update reports no error, ends with 0, and knows the package.'
