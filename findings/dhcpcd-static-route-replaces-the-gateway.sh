#!/bin/bash
# One static route in dhcpcd.conf, and dhcpcd no longer uses the gateway that DHCP gives.
#
# Expected: "static routes=10.0.2.0/24 10.0.0.254" adds a route to those of the lease, as route1= does for NetworkManager and
# [Route] for systemd-networkd.
# Seen with dhcpcd 9.4.1: the address of the lease stays, and the default route by the lease's router is not set; nothing is
# logged. With "static routers=" beside it, the default route is back.
# Source: dhcpcd.conf(5) says of "static" only that it configures a value; inet_dhcproutes() in src/ipv4.c takes the routes
# of the configuration if there are any, and else those of the lease.
. "$(dirname "$0")/lib/setup.sh"
[ "$(id -u)" = 0 ] || skip 'only root can make a network with a DHCP server in it'
type ip unshare > "$tmp/log" 2>&1 || skip 'ip and unshare are needed'
debian dhcpcd-base=9.4.1-24~deb12u5 busybox-static=1:1.35.0-4+deb12u1+b1
version 9.4.1 dhcpcd --version

printf '%s\n' 'start 10.0.0.50' 'end 10.0.0.59' 'interface eth0' "lease_file $tmp/leases" 'option subnet 255.255.255.0' \
  'option router 10.0.0.1' 'option lease 3600' > "$tmp/udhcpd.conf"
touch "$tmp/leases"
export tmp

# routes_with LINE ...: the routes of a computer whose dhcpcd.conf has these lines, in a network namespace of its own.
routes_with() {
  printf '%s\n' 'ipv4only' 'noarp' 'option routers' 'interface eth0' "$@" > "$tmp/dhcpcd.conf"
  # shellcheck disable=SC2016 # the inner shell's
  timeout 60 unshare --net --mount --pid --fork --kill-child bash -euc '
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /var/lib
    mkdir /var/lib/dhcpcd
    ip netns add server
    ip link add eth0 type veth peer name eth0 netns server
    ip -n server address add 10.0.0.1/24 dev eth0
    ip -n server link set eth0 up
    ip link set eth0 up
    ip netns exec server busybox udhcpd -f "$tmp/udhcpd.conf" > "$tmp/server.log" 2>&1 &
    dhcpcd --oneshot --waitip=4 --script /bin/true --config "$tmp/dhcpcd.conf" eth0 > "$tmp/client.log" 2>&1
    ip -4 route show dev eth0' 2> "$tmp/log" || skip "no network of its own: $(cat "$tmp/log" "$tmp/client.log" | tail -n 1)"
}

of_lease=$(routes_with)
with_route=$(routes_with 'static routes=10.0.2.0/24 10.0.0.254')
with_both=$(routes_with 'static routes=10.0.2.0/24 10.0.0.254' 'static routers=10.0.0.1')
grep -q '^default via 10.0.0.1 ' <<< "$of_lease" || changed "a lease alone gives no default route: $of_lease"
grep -q '^10.0.0.0/24 ' <<< "$with_route" || changed "with a static route there is no address: $with_route"
grep -q '^10.0.2.0/24 via 10.0.0.254 ' <<< "$with_route" || changed "the static route is not set: $with_route"
! grep -q '^default ' <<< "$with_route" || changed "the default route of the lease stays: $with_route"
grep -q '^default via 10.0.0.1 ' <<< "$with_both" || changed "static routers= does not set it again: $with_both"
echo 'The lease alone sets the default route; with one static route there is that one only; with static routers= there are both.'
