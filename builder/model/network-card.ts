/** Whether a name is that of a Wi-Fi card: wlan0, wlp1s0, wlx…; systemd.net-naming-scheme(7). */
export function isWifiCard(name: string): boolean {
  return name.startsWith('wl')
}

/** What a network interface is that is no card of its own, by the name that its program gives; undefined for a card. */
export function madeInterface(name: string): string | undefined {
  return kinds.find(([pattern]) => pattern.test(name))?.[1]
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/^lo$/, 'the loopback interface'],
  [/^(br(\d|-|$)|virbr|docker|lxcbr|lxdbr|cni|vmbr)/, 'a bridge'],
  [/^(bond|team)\d*$/, 'a bond of several cards'],
  [/^vlan/, 'a VLAN'],
  [/^(tun|tap|wg|tailscale|zt|gre|sit|ip6tnl|vxlan|ipvlan|macvlan|macvtap|veth|dummy|ifb)/, 'a virtual card'],
  [/^(ppp|ww)/, 'a modem'],
  [/^(can|vcan|slcan|ib|bnep|pan)\d*$/, 'no Ethernet card'],
]
