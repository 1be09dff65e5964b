#!/bin/bash
# xz -T1 --block-size makes blocks that nobody can unpack in parallel.
#
# Expected: --block-size cuts the data into independent blocks, so several threads can unpack them; -T only says how many
# threads do the packing.
# Seen with xz 5.4.1: with -T1 the block headers do not give the blocks' sizes, which the threads of a decoder need. -T+1 also
# uses one thread, and writes the sizes.
# Source: xz(1), "Threaded decompression only works on files that contain multiple blocks with size information in block headers".
. "$(dirname "$0")/lib/setup.sh"
debian xz-utils=5.4.1-1+deb12u2 liblzma5=5.4.1-1+deb12u2
version 5.4.1 xz --version

head -c 4M /dev/urandom > "$tmp/data"

# has_sizes THREADS: "Yes" or "No", as xz reports it, and the number of blocks.
has_sizes() {
  xz "-T$1" --block-size=1MiB -c "$tmp/data" > "$tmp/data.xz"
  xz --robot -lvv "$tmp/data.xz" | awk -F '\t' '$1 == "file" { blocks = $3 } $1 == "summary" { print blocks, $3 }'
}

one=$(has_sizes 1)
one_of_many=$(has_sizes +1)
[ "$one" = '4 no' ] || changed "blocks and sizes with -T1: $one"
[ "$one_of_many" = '4 yes' ] || changed "blocks and sizes with -T+1: $one_of_many"
echo '4 MiB with --block-size=1MiB: 4 blocks without sizes in their headers with -T1, 4 blocks with sizes with -T+1.'
