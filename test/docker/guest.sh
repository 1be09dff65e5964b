#!/bin/sh
# Makes a Debian amd64 guest for QEMU out of packages: OUT/kernel, and OUT/initramfs with the tools of piimg's container, a
# kernel's modules, and an init that runs what is in /job. For test/docker/guest.test.ts.
#   guest.sh OUT
# Exit code 75: it cannot be made here now; the reason is the last line on stderr.
set -eu
out=$1
scripts=$(cd "$(dirname "$0")/../../scripts" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
skip() { echo "$*" >&2 && exit 75; }

for program in mmdebstrap cpio; do
  command -v $program >/dev/null || skip "$program is not installed"
done
"$scripts/docker-base" --tar "$work/base.tar" --with linux-image-cloud-amd64,kmod >&2 || exit 75
mkdir "$work/tree"
tar -xf "$work/base.tar" -C "$work/tree"
mkdir -p "$out" "$work/tree/job"
mv "$work"/tree/boot/vmlinuz-* "$out/kernel"
rm -rf "$work"/tree/boot/*
cat >"$work/tree/init" <<'INIT'
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
for folder in /tmp /card /scratch; do mkdir -p $folder && mount -t tmpfs -o size=1g tmp $folder; done
for module in virtio_pci virtio_blk loop ext4; do modprobe $module; done
sh /job/run
echo o >/proc/sysrq-trigger
sleep 60
INIT
chmod 755 "$work/tree/init"
(cd "$work/tree" && find . -xdev | cpio --quiet -o -H newc | gzip -1) >"$out/initramfs"
