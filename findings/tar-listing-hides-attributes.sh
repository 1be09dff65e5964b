#!/bin/bash
# tar --xattrs does not list, or unpack, the attributes that it has packed.
#
# Expected: "tar --xattrs -tvvf" shows the attributes that are in the archive, and "-x" restores them.
# Seen with GNU tar 1.34: an archive holds security.capability and user.note; the listing with --xattrs shows user.note alone.
# With --xattrs-include='*' it shows both. The same rule holds for unpacking: a program with file capabilities loses them,
# with status 0 and no message, unless the pattern is given.
# Source: tar(1) says of --xattrs "Enable extended attributes support", and names no class of attributes that it leaves out.
. "$(dirname "$0")/lib/setup.sh"
debian tar=1.34+dfsg-1.2+deb12u1 libacl1=2.3.1-3 libselinux1=3.4-1+b6
version 1.34 tar --version

# Written by Python's tarfile, as setting security.capability on a file takes privileges.
type python3 > "$tmp/log" 2>&1 || skip 'python3 is needed'
python3 - "$tmp/archive.tar" << 'END'
import io
import sys
import tarfile

with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as archive:
    member = tarfile.TarInfo("program")
    capability = bytes.fromhex("0100000200200000" + "00" * 12).decode("latin-1")
    member.pax_headers = {"SCHILY.xattr.user.note": "text", "SCHILY.xattr.security.capability": capability}
    archive.addfile(member, io.BytesIO())
END

listed=$(tar --xattrs -tvvf "$tmp/archive.tar")
all=$(tar --xattrs --xattrs-include='*' -tvvf "$tmp/archive.tar")
case $all in *security.capability*) ;; *) changed 'the listing with the pattern lacks security.capability' ;; esac
case $listed in *user.note*) ;; *) changed 'the listing without a pattern lacks user.note' ;; esac
case $listed in *security.capability*) changed 'the listing shows security.capability without a pattern' ;; esac
echo 'An archive with user.note and security.capability: --xattrs lists user.note; with --xattrs-include=* it lists both.'
