import { Cidr, Ipv4Range } from '../model/ipv4.js'
import { isWifiCard } from '../model/network-card.js'
import { commandLine, type Origin } from '../model/problem.js'
import { type Route, routesIn } from '../model/route.js'
import { isTopology, type Topology } from '../model/topology.js'
import type { Sourced, Value } from '../model/value.js'

/** The values of one node, by the names of their variables. */
export type Values = ReadonlyMap<string, Sourced<Value>>

/** A value that is a text, or is written as one; empty where there is none. */
export function textOf(values: Values, name: string): string {
  return String(values.get(name)?.value ?? '')
}

/** Undefined where there is none, and for an address that DHCP gives. */
export function cidrOf(values: Values, name: 'address' | 'network'): Cidr | undefined {
  const value = values.get(name)?.value
  return value instanceof Cidr ? value : undefined
}

/** The addresses that the master gives to other computers; undefined where it gives none. */
export function rangeOf(values: Values): Ipv4Range | undefined {
  const value = values.get('dhcp_range')?.value
  return value instanceof Ipv4Range ? value : undefined
}

/** The routes to other networks behind routers on the cluster's network. */
export function routesOf(values: Values): Route[] {
  return routesIn(routeTexts(values))
}

/** The same, each as `10.0.2.0/24 via 10.0.0.254`. */
export function routeTexts(values: Values): readonly string[] {
  const value = values.get('static_routes')?.value ?? []
  return typeof value === 'object' && 'map' in value ? value : []
}

/** Undefined where it was refused. */
export function topologyOf(values: Values): Topology | undefined {
  const value = values.get('topology')?.value
  return isTopology(value) ? value : undefined
}

/** A node's planned IPv4 address; empty if it takes any address from DHCP. */
export function addressOf(values: Values): string {
  return cidrOf(values, 'address')?.address ?? textOf(values, 'reserved')
}

/** Whether a node has an internet connection outside the cluster's network. */
export function hasUplink(values: Values): boolean {
  return values.has('uplink') || (values.has('wifi_ssid') && !isOnWifi(values))
}

/** Whether the cluster's network is the Wi-Fi. */
export function isOnWifi(values: Values): boolean {
  return values.has('wifi_ssid') && isWifiCard(textOf(values, 'interface'))
}

/** Whether a person gave a value, and not piimg; an address also where a person reserved it. */
export function isGiven(values: Values, name: string): boolean {
  return sourcesOf(values, name).some(({ by }) => by === 'given')
}

/** Where a user can change a value: where it was given, or else where its node was named. */
export function placeOf(values: Values, name: string): Origin {
  const own = sourcesOf(values, name)
  const before = own.flatMap(({ from }) => (from === undefined ? [] : sourcesOf(values, from)))
  const sources = [...own, ...before, ...sourcesOf(values, 'hostname'), ...values.values()]
  return sources.find(({ by }) => by === 'given')?.origin ?? commandLine('--hostname')
}

function sourcesOf(values: Values, name: string): Sourced<Value>[] {
  return (name === 'address' ? ['reserved', name] : [name]).flatMap((each) => values.get(each) ?? [])
}
