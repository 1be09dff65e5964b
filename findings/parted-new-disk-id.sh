#!/bin/bash
# parted gives a disk another id when it moves the end of a partition.
#
# Expected: resizepart changes one entry of the partition table.
# Seen with parted 3.5: where the first byte of the boot code is 0, as in images that sfdisk or genimage made, the whole first
# sector is written again, with the boot code of parted and a random disk id. Linux derives PARTUUID of an MBR disk from that
# id, so "root=PARTUUID=cafe1234-02" finds no partition any more. With any other first byte, the id stays.
# Source: parted(8) says of resizepart only that it changes the end position of the partition; msdos_write() in
# libparted/labels/dos.c clears the sector if boot_code[0] is 0.
. "$(dirname "$0")/lib/setup.sh"
debian parted=3.5-3+deb12u1 libparted2=3.5-3+deb12u1 libdevmapper1.02.1=2:1.02.185-2 \
  libreadline8=8.2-1.3 libtinfo6=6.4-4 fdisk=2.38.1-5+deb12u3 libfdisk1=2.38.1-5+deb12u3 \
  libsmartcols1=2.38.1-5+deb12u3 libblkid1=2.38.1-5+deb12u3 libuuid1=2.38.1-5+deb12u3
version 3.5 parted --version

# id_after FIRST_BYTE: the id of a disk 0xcafe1234 once parted has enlarged its second partition.
id_after() {
  local image=$tmp/card.img
  rm -f "$image"
  truncate -s 64M "$image"
  printf '%s\n' 'label: dos' 'label-id: 0xcafe1234' 'start=8192,size=16384,type=c' 'start=24576,size=32768,type=83' |
    sfdisk -q "$image" > "$tmp/log"
  printf '%b' "$1" | dd of="$image" bs=1 conv=notrunc status=none
  parted -s "$image" unit s resizepart 2 131071s > "$tmp/log" 2>&1 || changed "parted fails: $(tail -n 1 "$tmp/log")"
  sfdisk --disk-id "$image"
}

without=$(id_after '\x00')
with=$(id_after '\xfa')
[ "$without" != 0xcafe1234 ] || changed 'the id stays although there is no boot code'
[ "$with" = 0xcafe1234 ] || changed "the id is $with although there is boot code"
echo 'resizepart on a disk with the id 0xcafe1234: another id if the boot code starts with 0, the same id if with 0xfa.'
