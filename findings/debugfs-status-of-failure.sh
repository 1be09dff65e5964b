#!/bin/bash
# debugfs ends with 0 after commands that failed.
#
# Expected: "debugfs -w -R COMMAND" and "-f FILE" end with another status when the command fails, as a shell or sfdisk does.
# Seen with e2fsprogs 1.47.0: removing what is not there, writing onto a name that exists, and making a folder that exists are
# reported on stderr, and the status is 0, with -R and with -f.
# The words on stderr are therefore the only sign of a failure.
# Source: debugfs(8) has no section about the exit status.
. "$(dirname "$0")/lib/setup.sh"
debian e2fsprogs=1.47.0-2+b2 libext2fs2=1.47.0-2+b2 libcom-err2=1.47.0-2+b2 libss2=1.47.0-2+b2
version 1.47.0 debugfs -V

image=$tmp/ext4.img
mke2fs -q -t ext4 "$image" 8M > "$tmp/log" 2>&1
echo data > "$tmp/data"
debugfs -w -R "write $tmp/data file" "$image" > "$tmp/log" 2>&1

# fails_with_0 WORDS COMMAND: the command prints the words, and debugfs ends with 0 by either option.
fails_with_0() {
  local status options
  echo "$2" > "$tmp/commands"
  for options in "-R:$2" "-f:$tmp/commands"; do
    status=0
    debugfs -w "${options%%:*}" "${options#*:}" "$image" > "$tmp/log" 2>&1 || status=$?
    grep -q -F "$1" "$tmp/log" || changed "\"$2\" does not print \"$1\""
    [ "$status" -eq 0 ] || changed "debugfs ends with $status after \"$2\""
  done
  echo "${2%% *}: \"$1\", status 0"
}

fails_with_0 'File not found by ext2_lookup' 'rm /none'
fails_with_0 'Ext2 file already exists' "write $tmp/data file"
fails_with_0 'Ext2 directory already exists' 'mkdir /lost+found'
