import {
  parseAddress,
  parseAddresses,
  parseDomain,
  parseGateway,
  parseHostname,
  parseIpv4,
  parseIpv4Range,
  parseMac,
  parseNetwork,
  parseRoutes,
  parseTopology,
} from './network.js'
import { type Parse, pattern } from './refusal.js'
import { parseHash, parsePsk, parseSecret } from './secret.js'
import { parseKeys } from './ssh.js'
import {
  parseBoard,
  parseConfigLines,
  parseCountry,
  parseKernelArgs,
  parseLines,
  parsePackages,
  parsePorts,
  parseSerial,
  parseSsid,
  parseSwitch,
  parseText,
  parseWords,
} from './text.js'
import { parseUsername, parseUsernames } from './username.js'

interface VariableTypeRow {
  readonly parse: Parse
  /** What parts the items of a list; on the command line, several values are added. Not given: one value. */
  readonly list?: 'words' | 'lines'
  /** Whether its values are never shown. */
  readonly secret?: true
}

/** One row for each type. */
const rows = {
  address: { parse: parseAddress },
  board: { parse: parseBoard },
  'config-lines': { parse: parseConfigLines, list: 'lines' },
  country: { parse: parseCountry },
  domain: { parse: parseDomain },
  gateway: { parse: parseGateway },
  hostname: { parse: parseHostname },
  interface: {
    parse: pattern(/^[a-z][a-z0-9_-]{0,14}$/, 'a network interface', 'such as eth0, 15 characters at most'),
  },
  ipv4: { parse: parseIpv4 },
  'ipv4-list': { parse: parseAddresses, list: 'words' },
  'ipv4-range': { parse: parseIpv4Range },
  'kernel-args': { parse: parseKernelArgs, list: 'words' },
  // XKB holds four layouts at most.
  keyboard: {
    parse: pattern(
      /^[a-z]{2,}(_[a-z]+)?(,[a-z]{2,}(_[a-z]+)?){0,3}$/,
      'a keyboard layout',
      'XKB names such as gb, us, de, or up to four: us,ru',
    ),
  },
  // dnsmasq(8), --dhcp-range: no less than two minutes.
  lease: {
    parse: pattern(
      /^([2-9]|[1-9]\d{1,3})m$|^[1-9]\d{0,3}h$|^infinite$/,
      'a lease time',
      'such as 12h, 45m or infinite',
    ),
  },
  lines: { parse: parseLines, list: 'lines' },
  locale: {
    parse: pattern(
      /^([a-z]{2,3}(_[A-Z]{2})?\.UTF-8(@[a-z]+)?|C\.UTF-8)$/,
      'a UTF-8 locale',
      'such as en_GB.UTF-8 or C.UTF-8',
    ),
  },
  mac: { parse: parseMac },
  network: { parse: parseNetwork },
  number: { parse: pattern(/^(0|[1-9]\d{0,8})$/, 'a number', 'digits only, such as 120') },
  packages: { parse: parsePackages, list: 'words' },
  'password-hash': { parse: parseHash, secret: true },
  ports: { parse: parsePorts, list: 'words' },
  psk: { parse: parsePsk, secret: true },
  routes: { parse: parseRoutes, list: 'lines' },
  secret: { parse: parseSecret, secret: true },
  serial: { parse: parseSerial },
  'ssh-keys': { parse: parseKeys, list: 'lines' },
  ssid: { parse: parseSsid },
  switch: { parse: parseSwitch },
  text: { parse: parseText },
  timezone: {
    parse: pattern(
      /^[A-Za-z][A-Za-z0-9+_-]*(\/[A-Za-z][A-Za-z0-9+_-]*){0,2}$/,
      'a time zone',
      'such as Europe/London, from the tz database',
    ),
  },
  topology: { parse: parseTopology },
  url: {
    parse: pattern(
      /^https?:\/\/([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?(\/[\w.~+/-]*)?$/,
      'a web address',
      'such as http://deb.debian.org/debian or, of a proxy, http://10.0.0.1:3142',
    ),
  },
  username: { parse: parseUsername },
  usernames: { parse: parseUsernames, list: 'words' },
  variant: {
    parse: pattern(
      /^[\w-]*(,[\w-]*){0,3}$/,
      'a variant of a keyboard layout',
      'XKB names such as dvorak, nodeadkeys',
    ),
  },
  words: { parse: parseWords, list: 'words' },
} as const satisfies Readonly<Record<string, VariableTypeRow>>

/** The names of the types that a variable can have. */
export type VariableType = keyof typeof rows

export const variableTypes: Readonly<Record<VariableType, VariableTypeRow>> = rows

export function isSecret(type: VariableType): boolean {
  return variableTypes[type].secret === true
}

export function isListType(type: VariableType): boolean {
  return variableTypes[type].list !== undefined
}
