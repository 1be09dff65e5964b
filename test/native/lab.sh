#!/bin/sh
# Where nodes boot side by side as containers of this computer, each with the systemd of its own image as PID 1.
#
#   lab.sh open               opens a lab, says "ready PID" (of the lab's first process), and closes it when stdin ends
#
# and inside of it (nsenter --target PID --mount --net --pid):
#
#   lab.sh boot NODE IMAGE OFFSET SIZE [SCRIPT]   boots the root partition that lies there, again after each reboot, until
#                             the node is off; SCRIPT runs before that in the folder of the root, on the copy-on-write layer
#   lab.sh run NODE WORD…     runs a command in a node, with the node's own rights and no more
#   lab.sh cut NODE           takes its power away
#   lab.sh cycle NODE         takes its power away and gives it back
#   lab.sh plug NAME SWITCH [ADDRESS…]   puts another computer on a switch: a network namespace for "ip netns exec NAME"
#   lab.sh hardware_address NODE   prints the MAC address of its eth0
#   lab.sh disk NODE          prints which loop device its card is in
#
# There are two switches: "switch" is the cluster's, "outside" what its uplink leads to. A node has eth0 on the first one, and
# with UPLINK=yes in the environment of "boot" eth1 on the second.
#
# A lab consists of namespaces for processes, mounts and network, and everything that it needs is in them. They end with
# its first process. That process ends when its stdin is closed, also because the program that opened the lab was killed.
# Only control groups have names that outlive their processes: the shell outside removes them, or if it was killed, the
# next lab.

# shellcheck disable=SC2317 # the last line calls all functions
set -eu
PATH=$PATH:/usr/sbin:/sbin
LC_ALL=C.UTF-8
export PATH LC_ALL

die() { echo "lab: $*" >&2 && exit 1; }

# --- The lab --------------------------------------------------------------------------------------------------------

open() { exec unshare --mount --propagation private sh "$0" hold; }

# Of the mount namespace only; what is mounted here nobody else sees.
hold() {
  mount -t tmpfs -o mode=755 tmpfs /run
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  # Which devices a process may open is in the second version of control groups a matter of BPF programs.
  mkdir /run/devices
  mount -t cgroup -o devices cgroup /run/devices 2>/dev/null || rmdir /run/devices
  for group in /sys/fs/cgroup/piimg-native-* /run/devices/piimg-native-*; do
    owner=${group##*-}
    [ -e "/proc/$owner" ] || remove_group "$group"
  done
  lab=piimg-native-$$
  echo "$lab" >/run/lab
  mkdir "/sys/fs/cgroup/$lab"
  [ ! -d /run/devices ] || mkdir "/run/devices/$lab"
  status=0
  unshare --net --pid --fork --kill-child sh "$0" keep || status=$?
  remove_group "/sys/fs/cgroup/$lab"
  remove_group "/run/devices/$lab"
  exit "$status"
}

remove_group() {
  [ -d "$1" ] || return 0
  # A process that was killed leaves its group a moment later.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    [ -d "$1" ] || return 0
    sleep 0.2
  done
}

# The first process of the lab.
keep() {
  read -r pid _ </proc/self/stat # of the process namespace outside, as long as that one's /proc is here
  mount -t proc proc /proc
  mkdir -p /run/nodes /run/netns
  ip link set lo up
  for bridge in switch outside; do
    ip link add name "$bridge" type bridge
    ip link set "$bridge" up
  done
  echo "ready $pid"
  cat >/dev/null
}

# --- A node ---------------------------------------------------------------------------------------------------------

boot() {
  node=$1 image=$2 offset=$3 size=$4 prepare=${5:-:}
  place=/run/nodes/$node
  mkdir -p "$place/card" "$place/layer"
  trap 'leave' EXIT
  mount -o "ro,loop,noload,offset=$offset,sizelimit=$size" "$image" "$place/card"
  mount -t tmpfs -o "mode=755,size=${LAYER_SIZE:-50%}" tmpfs "$place/layer"
  mkdir "$place/layer/upper" "$place/layer/work" "$place/layer/root" "$place/layer/remount" "$place/layer/udev"
  mount -t overlay -o "lowerdir=$place/card,upperdir=$place/layer/upper,workdir=$place/layer/work" \
    overlay "$place/layer/root"
  (cd "$place/layer/root" && sh -euc "$prepare")
  stand_in_for_the_board
  status=133
  while [ "$status" = 133 ] || [ -e "$place/cycle" ]; do # 133: what nspawn says when its node reboots
    rm -f "$place/cycle"
    status=0
    new_groups
    plug_in "$node" switch
    boot_once || status=$?
  done
  exit "$status"
}

# What comes from a board and not from its card, all of it below /run.
# - A board's kernel mounts the root read-only, and systemd remounts it as fstab says. Where PID 1 can write from the
#   start, a first boot presets, that is enables, every unit that is installed. fstab names a partition that is not here,
#   so a drop-in replaces the command that remounts it, and nothing else.
# - udevd does not run in a container. Its files say that it has seen eth0 and eth1, the cards after lo: dhcpcd waits for
#   that.
stand_in_for_the_board() {
  cat >"$place/layer/remount/native.conf" <<CONF
[Service]
ExecStart=
ExecStart=/bin/mount --types overlay --options remount,rw,noatime overlay /
CONF
  echo I:1 >"$place/layer/udev/n2"
  echo I:1 >"$place/layer/udev/n3"
}

# It has no partition and no kernel of its own. Its first process reads "kernel arguments" from its words.
boot_once() {
  # shellcheck disable=SC2016 # the inner shell's
  env SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=network sh -euc '
    echo $$ >"$1"
    [ ! -d "$2" ] || echo $$ >"$2/cgroup.procs"
    shift 2
    exec "$@"' sh "$(group_of "$node")/cgroup.procs" "$(devices_of "$node")" \
    systemd-nspawn --quiet --directory="$place/layer/root" --read-only \
    --bind-ro="$place/layer/remount:/run/systemd/system/systemd-remount-fs.service.d" \
    --bind-ro="$place/layer/udev:/run/udev/data" \
    --machine="$node" --register=no --keep-unit --network-namespace-path="/run/netns/$node" \
    --capability=CAP_NET_ADMIN --drop-capability=CAP_SYS_TIME,CAP_MKNOD \
    --resolv-conf=off --timezone=off --link-journal=no --console=read-only \
    --boot systemd.wants=systemd-remount-fs.service </dev/null
}

leave() {
  umount -R "$place/layer" "$place/card" 2>/dev/null || true
  ip netns delete "$node" 2>/dev/null || true
}

group_of() { echo "/sys/fs/cgroup/$(cat /run/lab)/$1"; }
devices_of() { echo "/run/devices/$(cat /run/lab)/$1"; }

new_groups() {
  remove_group "$(group_of "$node")"
  mkdir "$(group_of "$node")"
  [ -d /run/devices ] || return 0
  remove_group "$(devices_of "$node")"
  mkdir "$(devices_of "$node")"
  # null, zero, full, random, urandom; tty, ptmx; pts. nspawn makes their files; the node may make none.
  for rule in 'c *:* m' 'c 1:3 rw' 'c 1:5 rw' 'c 1:7 rw' 'c 1:8 rw' 'c 1:9 rw' 'c 5:0 rw' 'c 5:2 rw' 'c 136:* rw'; do
    echo "$rule"
  done | { echo a >"$(devices_of "$node")/devices.deny" && while read -r rule; do
    echo "$rule" >"$(devices_of "$node")/devices.allow"
  done; }
}

# A new network namespace, as a computer that starts has no addresses from before.
plug_in() {
  # The kernel takes its time to end a namespace, and the cables that led into it.
  ip link delete dev "$1" 2>/dev/null || true
  ip link delete dev "$1-up" 2>/dev/null || true
  [ ! -e "/run/netns/$1" ] || ip netns delete "$1"
  ip netns add "$1"
  # It would begin with this computer's, which containers of others may have set.
  for forwarding in net.ipv4.ip_forward net.ipv6.conf.all.forwarding; do
    ip netns exec "$1" sysctl --quiet --ignore --write "$forwarding=0"
  done
  cable "$1" eth0 "$2" "$1"
  [ -z "${UPLINK:-}" ] || cable "$1" eth1 outside "$1-up"
}

# cable COMPUTER INTERFACE SWITCH NAME
cable() {
  ip link add name "$4" type veth peer name "$2" address "$(hardware_address "$4")" netns "$1"
  ip link set dev "$4" master "$3" up
}

# Raspberry Pi's, and the same at each boot.
hardware_address() { printf %s "$1" | cksum | awk '{ printf "dc:a6:32:%02x:%02x:%02x", $1 / 65536 % 256, $1 / 256 % 256, $1 % 256 }'; }

plug() {
  name=$1
  plug_in "$name" "$2"
  shift 2
  ip -n "$name" link set lo up
  for address; do ip -n "$name" address add "$address" dev eth0; done
  ip -n "$name" link set eth0 up
}

# --- Into a node ----------------------------------------------------------------------------------------------------

# systemd puts itself into a control group of its own; deeper down are those of its users.
first_process() {
  find "$(group_of "$1")" -maxdepth 3 -path '*/init.scope/cgroup.procs' -exec head -n 1 {} + 2>/dev/null | head -n 1 | grep .
}

# nsenter alone would give this computer's rights, and with them its clock (CAP_SYS_TIME is number 25).
run() {
  first=$(first_process "$1") || die "$1 is not up"
  rights=$(rights_of "$first")
  [ ! -d /run/devices ] || echo $$ >"$(devices_of "$1")/cgroup.procs"
  shift
  exec setpriv --bounding-set="$rights,-cap_25" --inh-caps=-all \
    nsenter --target "$first" --mount --uts --ipc --net --pid --cgroup \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root "$@"
}

rights_of() {
  mask=$(sed -n 's/^CapBnd:[[:space:]]*//p' "/proc/$1/status")
  mask=$((0x$mask))
  rights=-all number=0
  while [ "$mask" != 0 ]; do
    if [ $((mask & 1)) = 1 ]; then rights=$rights,+cap_$number; fi
    mask=$((mask >> 1)) number=$((number + 1))
  done
  echo "$rights"
}

cut() { kill -s KILL "$(first_process "$1")"; }

# One that was started a moment ago may have no process yet.
cycle() {
  : >"/run/nodes/$1/cycle"
  for _ in $(seq 300); do
    if cut "$1" 2>/dev/null; then return; fi
    sleep 0.1
  done
  die "$1 does not come up"
}

disk() { findmnt --noheadings --output SOURCE "/run/nodes/$1/card"; }

"$@"; exit # on one line: a shell reads its script as it goes
