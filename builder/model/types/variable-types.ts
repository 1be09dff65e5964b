import { boards } from '../board.js'
import { isIpv4, parseCidr, parseRange } from '../ipv4.js'
import { sshFields } from '../ssh/ssh-key.js'
import type { Value } from '../value.js'
import type { VariableType } from '../variable.js'

/** Why a text is not a value, for the person who typed it. Never holds the text itself if that is a secret. */
export interface Refusal {
  readonly what: string
  readonly hint?: string
}

interface TypeOf {
  parse(text: string): Value | Refusal
}

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** Made for the first country: it takes as long to load as a plan takes. */
let regions: Intl.DisplayNames | undefined

/** What ISO 3166 reserves for other things, or leaves to its users. */
const noCountries = ['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ']

/** A code that was replaced, as UK by GB, is no radio's (wireless-regdb). */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || noCountries.includes(code)) return false
  const tag = `und-${code}`
  if (Intl.getCanonicalLocales(tag)[0] !== tag) return false
  regions ??= new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  return regions.of(code) !== undefined
}

/** One row for each type: what it accepts, and how it says no. */
export const variableTypes: Readonly<Record<VariableType, TypeOf>> = {
  address: {
    parse: (text) =>
      text === 'dhcp' || isHost(text)
        ? text
        : refuse(`"${text}" is not an address of a host`, 'write 10.0.0.3/24, or dhcp'),
  },
  board: {
    parse: (text) =>
      Object.hasOwn(boards, text)
        ? text
        : refuse(`no board "${text}"`, `boards are ${Object.keys(boards).join(', ')}`),
  },
  country: {
    parse: (text) =>
      isCountry(text.toUpperCase())
        ? text.toUpperCase()
        : refuse(`"${text}" is not a country`, 'two letters of ISO 3166, such as GB'),
  },
  domain: { parse: parseDomain },
  gateway: {
    parse: (text) =>
      text === 'none' || isIpv4(text) ? text : refuse(`"${text}" is not an IPv4 address`, 'or write none'),
  },
  hostname: {
    parse: (text) =>
      new RegExp(`^${label}$`).test(text) && text !== 'localhost'
        ? text
        : refuse(`"${text}" is not a hostname`, 'up to 63 of a-z, 0-9 and -, such as node3 (RFC 1123)'),
  },
  interface: pattern(/^[a-z][a-z0-9_-]{0,14}$/, 'a network interface', 'such as eth0, 15 characters at most'),
  ipv4: { parse: (text) => (isIpv4(text) ? text : refuse(`"${text}" is not an IPv4 address`)) },
  'ipv4-list': { parse: parseAddresses },
  'ipv4-range': {
    parse: (text) =>
      text === 'none' || parseRange(text) !== undefined
        ? text.replaceAll(' ', '')
        : refuse(`"${text}" is not a range of addresses`, 'write 10.0.0.100-10.0.0.150, or none'),
  },
  keyboard: pattern(/^[a-z]{2,}(_[a-z]+)?$/, 'a keyboard layout', 'XKB names such as gb, us, de'),
  // dnsmasq(8), --dhcp-range: no less than two minutes.
  lease: pattern(
    /^([2-9]|[1-9]\d{1,3})m$|^[1-9]\d{0,3}h$|^infinite$/,
    'a time for leases',
    'such as 12h, 45m or infinite',
  ),
  lines: { parse: parseLines },
  locale: pattern(
    /^([a-z]{2,3}(_[A-Z]{2})?\.UTF-8(@[a-z]+)?|C\.UTF-8)$/,
    'a UTF-8 locale',
    'such as en_GB.UTF-8 or C.UTF-8',
  ),
  mac: {
    parse: (text) =>
      /^(?!00([:-]00){5})[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text) &&
      (Number.parseInt(text.slice(0, 2), 16) & 1) === 0
        ? text.toLowerCase().replaceAll('-', ':')
        : refuse(`"${text}" is not the MAC address of a network card`, 'such as dc:a6:32:01:02:03'),
  },
  network: { parse: parseNetwork },
  number: pattern(/^(0|[1-9]\d{0,8})$/, 'a number', 'digits only, such as 120'),
  packages: { parse: parsePackages },
  'password-hash': { parse: parseHash },
  psk: { parse: parsePsk },
  serial: {
    parse: (text) =>
      /^(0x)?([0-9a-f]{8}){1,2}$/i.test(text)
        ? text.toLowerCase().slice(-8)
        : refuse(`"${text}" is not a serial number`, 'as in /proc/cpuinfo: 8 hex digits, or 16'),
  },
  'ssh-keys': { parse: parseKeys },
  ssid: { parse: parseSsid },
  switch: { parse: parseSwitch },
  text: { parse: (text) => printable(text) ?? text },
  timezone: pattern(
    /^[A-Za-z][A-Za-z0-9+_-]*(\/[A-Za-z][A-Za-z0-9+_-]*){0,2}$/,
    'a time zone',
    'such as Europe/London, from the tz database',
  ),
  topology: {
    parse: (text) =>
      ['routed', 'flat', 'backbone'].includes(text)
        ? text
        : refuse(`"${text}" is not a topology`, 'routed, flat or backbone'),
  },
  url: pattern(
    /^https?:\/\/([a-zA-Z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?(\/[\w.~+/-]*)?$/,
    'an address of the web',
    'such as http://deb.debian.org/debian or, of a proxy, http://10.0.0.1:3142',
  ),
  username: {
    parse: (text) =>
      /^[a-z][a-z0-9-]{0,31}$/.test(text) && text !== 'root'
        ? text
        : refuse(`"${text}" is not a name for the user`, 'up to 32 of a-z, 0-9 and -, not root'),
  },
  words: { parse: parseWords },
}

export function isRefusal(value: Value | Refusal): value is Refusal {
  return typeof value === 'object' && 'what' in value
}

function refuse(what: string, hint?: string): Refusal {
  return { what, ...(hint === undefined ? {} : { hint }) }
}

function pattern(accepted: RegExp, what: string, hint: string): TypeOf {
  return { parse: (text) => (accepted.test(text) ? text : refuse(`"${text}" is not ${what}`, hint)) }
}

/** Control characters end lines and fields of every format that piimg writes. */
function printable(text: string): Refusal | undefined {
  return /[\p{Cc}\u2028\u2029]/u.test(text) ? refuse('a control character') : undefined
}

function isHost(text: string): boolean {
  const cidr = parseCidr(text)
  if (cidr === undefined || cidr.prefix < 8 || cidr.prefix > 30) return false
  return cidr.address !== cidr.network && cidr.address !== cidr.broadcast
}

function parseNetwork(text: string): Value | Refusal {
  const cidr = parseCidr(text)
  if (cidr === undefined) return refuse(`"${text}" is not a network`, 'write 10.0.0.0/24')
  if (cidr.prefix < 8 || cidr.prefix > 30)
    return refuse(`/${cidr.prefix} is no size for a cluster`, '/8 to /30')
  if (/^(0|127|169\.254|2(2[4-9]|[345]\d))\./.test(text))
    return refuse(
      `${text} is no network for computers`,
      'such as 10.0.0.0/24 or 192.168.5.0/24 (RFC 1918, RFC 6890)',
    )
  if (cidr.address === cidr.network) return text
  return refuse(`${text} is an address in a network`, `the network is ${cidr.network}/${cidr.prefix}`)
}

function parseDomain(text: string): Value | Refusal {
  if (!new RegExp(`^${label}(\\.${label})*$`).test(text) || text.length > 200) {
    return refuse(`"${text}" is not a domain`, 'such as cluster.internal')
  }
  return /(^|\.)local$/.test(text)
    ? refuse(`"${text}" is of multicast DNS`, 'names in .local are answered by mDNS only (RFC 6762)')
    : text
}

function parseAddresses(text: string): Value | Refusal {
  const addresses = text.split(/[\s,]+/).filter((word) => word !== '')
  const wrong = addresses.find((address) => !isIpv4(address))
  return wrong === undefined ? addresses : refuse(`"${wrong}" is not an IPv4 address`)
}

/** The firmware cuts lines of config.txt after 98 characters (raspberrypi.com, config.txt, "Line length"). */
function parseLines(text: string): Value | Refusal {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const wrong = lines.find((line) => !/^[\x20-\x7e]{1,98}$/.test(line))
  return wrong === undefined
    ? lines
    : refuse(`"${wrong}" is not a line of config.txt`, 'ASCII, 98 characters at most')
}

/** Words of the kernel command line, which is ASCII and splits at spaces. */
function parseWords(text: string): Value | Refusal {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const wrong = words.find((word) => !/^[!#-~]+$/.test(word))
  return wrong === undefined
    ? words
    : refuse(`"${wrong}" is not a word of the kernel command line`, 'ASCII without quotes')
}

/** Debian Policy, 5.6.7: the names of packages. */
function parsePackages(text: string): Value | Refusal {
  const names = text.split(/[\s,]+/).filter((word) => word !== '')
  const wrong = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name))
  return wrong === undefined ? names : refuse(`"${wrong}" is not the name of a package`, 'such as tcpdump')
}

/** crypt(5), "Available hashing methods". */
const hashForms = [
  /^\$5\$(rounds=\d{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{43}$/,
  /^\$6\$(rounds=\d{4,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}$/,
  /^\$g?y\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{1,86}\$[./0-9A-Za-z]{43}$/,
  /^\$7\$[./0-9A-Za-z]{11,97}\$[./0-9A-Za-z]{43}$/,
  /^\$2[aby]\$\d\d\$[./0-9A-Za-z]{53}$/,
]

/** crypt(5): the hashes that the releases' own libcrypt knows, without the old weak ones. */
function parseHash(text: string): Value | Refusal {
  const hint = 'make one with: openssl passwd -6'
  if (!text.startsWith('$')) return refuse('not a password hash; a plain password is never taken', hint)
  if (hashForms.some((form) => form.test(text))) return text
  return refuse(
    'not a password hash of crypt(5): $y$, $gy$, $7$, $6$, $5$ or $2b$, whole and nothing more',
    hint,
  )
}

/** IEEE 802.11i: 8 to 63 printable ASCII characters, or 64 hex digits. */
function parsePsk(text: string): Value | Refusal {
  if (/^[\x20-\x7e]{8,63}$/.test(text) || /^[0-9a-fA-F]{64}$/.test(text)) return text
  return refuse('not a WPA password', '8 to 63 printable ASCII characters, or 64 hex digits')
}

function parseSsid(text: string): Value | Refusal {
  const bytes = Buffer.byteLength(text)
  if (bytes < 1 || bytes > 32) return refuse(`an SSID has 1 to 32 bytes, not ${bytes}`)
  return printable(text) ?? text
}

function parseSwitch(text: string): Value | Refusal {
  if (/^(yes|on|true)$/.test(text)) return true
  return /^(no|off|false)$/.test(text) ? false : refuse(`"${text}" is neither yes nor no`)
}

/** Lines of authorized_keys(5) without options: type, base64 that begins with that type (RFC 4253, 6.6), comment. */
function parseKeys(text: string): Value | Refusal {
  if (text.includes('PRIVATE KEY'))
    return refuse('a private key', 'give the public half, the file that ends in .pub')
  const keys = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length === 0) return refuse('no key in it', 'a line such as ssh-ed25519 AAAA… name')
  const wrong = keys.find((key) => !isPublicKey(key))
  return wrong === undefined
    ? keys
    : refuse(`"${wrong.slice(0, 40)}" is not an ssh public key`, 'a line such as ssh-ed25519 AAAA… name')
}

function isPublicKey(line: string): boolean {
  const [, type, base64, comment] = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: (.*))?$/.exec(line) ?? []
  if (type === undefined || base64 === undefined || printable(comment ?? '') !== undefined) return false
  if (!/^(ssh-|ecdsa-|sk-)/.test(type)) return false
  const fields = sshFields(Buffer.from(base64, 'base64'))
  return fields !== undefined && fields.length >= 2 && fields[0]?.toString() === type
}
