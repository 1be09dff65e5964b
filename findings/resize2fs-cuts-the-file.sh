#!/bin/bash
# resize2fs, given a file system by its offset in a disk image, cuts off the image.
#
# Expected: "resize2fs card.img?offset=N 64M" makes the file system larger, and the rest of the file stays.
# Seen with e2fsprogs 1.47.0: the file is truncated to the new size, counted from its own start and not from the offset.
# An image of 80 MiB with a file system at 8 MiB is 64 MiB long afterwards: what lay behind the file system is lost, and so
# are the last 8 MiB of the file system itself. The exit status is 0, and "e2fsck -fn" with the same offset is content.
# Source: resize2fs(8) does not mention offset= at all. debugfs, e2fsck and mke2fs take an offset and leave the rest alone.
. "$(dirname "$0")/lib/setup.sh"
debian e2fsprogs=1.47.0-2+b2 libext2fs2=1.47.0-2+b2 libcom-err2=1.47.0-2+b2 libss2=1.47.0-2+b2
version 1.47.0 resize2fs

mib=$((1024 * 1024))
image=$tmp/card.img
truncate -s $((80 * mib)) "$image"
mke2fs -q -t ext4 -E offset=$((8 * mib)) "$image" 48M
printf 'data of another partition' | dd of="$image" bs=1M seek=76 conv=notrunc status=none

resize2fs "$image?offset=$((8 * mib))" 64M > "$tmp/log" 2>&1 || changed "resize2fs refuses: $(tail -n 1 "$tmp/log")"
size=$(stat -c %s "$image")
[ "$size" -eq $((64 * mib)) ] || changed "the image has $size bytes after resize2fs, not 67108864"
e2fsck -fn "$image?offset=$((8 * mib))" > "$tmp/log" 2>&1 || changed 'e2fsck finds the file system damaged'
echo 'An image of 80 MiB with a file system of 48 MiB at 8 MiB: after resizing it to 64 MiB, the image has 64 MiB.'
echo 'resize2fs ended with 0, and e2fsck with 0.'
