import type { Origin } from '../model/problem.js'
import { parseCidr } from '../model/ipv4.js'
import type { Sourced, Value } from '../model/value.js'

/** The values of one node, by the names of their variables. */
export type Values = ReadonlyMap<string, Sourced<Value>>

/** A value that is a text, or is written as one; empty where there is none. */
export function textOf(values: Values, name: string): string {
  return String(values.get(name)?.value ?? '')
}

/** A node's IPv4 address as far as it is planned; empty where DHCP gives any. */
export function addressOf(values: Values): string {
  return parseCidr(textOf(values, 'address'))?.address ?? textOf(values, 'reserved')
}

/** Whether a node has a way to the internet that is not the cluster's network. */
export function hasUplink(values: Values): boolean {
  return values.has('wifi_ssid') || values.has('uplink')
}

/** Whether a person gave a value, and not piimg. */
export function isGiven(values: Values, name: string): boolean {
  return values.get(name)?.by === 'given'
}

/** Where a person can change a value: where it was given; else where its node was named. */
export function placeOf(values: Values, name: string): Origin {
  const sourced = [values.get(name), values.get('hostname'), ...values.values()]
  return sourced.find((each) => each?.by === 'given')?.origin ?? { file: 'command line', key: '--hostname' }
}
