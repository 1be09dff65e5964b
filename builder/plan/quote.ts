import { pbkdf2Sync } from 'node:crypto'
import { ssidBytes } from '../model/ssid.js'

/** One quoting function for each format that a template writes; a reader of the format gets the original value. */

/**
 * A string of a GKeyFile (NetworkManager's keyfiles): `\` and the spaces at both ends are escaped.
 * Source: GLib, "Key-value file parser"; nm-settings-keyfile(5).
 */
export function keyfile(value: string): string {
  return value.replaceAll('\\', '\\\\').replace(/^ +| +$/g, (spaces) => '\\s'.repeat(spaces.length))
}

/**
 * An SSID in a keyfile: unchanged if it is unambiguous, otherwise as a list of bytes, `72;105;`. Source:
 * nm-settings-keyfile(5), "ssid".
 */
export function keyfileSsid(ssid: string): string {
  if (/^[A-Za-z][\w.-]*( [\w.-]+)*$/.test(ssid)) return ssid
  return [...ssidBytes(ssid)].map((byte) => `${byte};`).join('')
}

/** One word of a POSIX shell. */
export function shell(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`
}

/** One word of a setting of a unit file, such as Environment=; systemd.syntax(7), "Quoting", and specifiers. */
export function systemd(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
}

/** One word of an Exec line, where `$` begins a variable; systemd.service(5), "Command lines". */
export function systemdExec(value: string): string {
  return systemd(value).replaceAll('$', '$$$$')
}

/** One argument in sshd_config(5); escapes are read by OpenSSH 8.7 and later. */
export function sshd(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

/**
 * A passphrase in wpa_supplicant.conf: the reader takes everything up to the last quote, without escapes; 64 hex
 * digits are the key itself and are not quoted. Since 2.10 a # after a second quote starts a comment: in that case the
 * key is computed from passphrase and SSID (IEEE 802.11i, PBKDF2). Source: wpa_supplicant.conf(5),
 * wpa_config_parse_psk(), wpa_config_get_line().
 */
export function wpaPassphrase(psk: string, ssid: string): string {
  if (psk.length === 64) return psk
  const isCut = /".*#/.test(psk)
  return isCut ? pbkdf2Sync(psk, ssidBytes(ssid), 4096, 32, 'sha1').toString('hex') : `"${psk}"`
}

/** An SSID in wpa_supplicant.conf as hex digits, which need no quotes. */
export function wpaSsid(ssid: string): string {
  return ssidBytes(ssid).toString('hex')
}

/** `10.0.2.0/24,10.0.0.254` of `10.0.2.0/24 via 10.0.0.254`. */
export function route(text: string, separator: string): string {
  const [network = '', , router = ''] = text.split(' ')
  return `${network}${separator}${router}`
}

/** @throws {Error} for what is no whole number, with the value */
export function plus(one: unknown, other: unknown): string {
  return String(whole(one) + whole(other))
}

/** @throws {Error} for what is no whole number, with the value */
export function minus(one: unknown, other: unknown): string {
  return String(whole(one) - whole(other))
}

function whole(value: unknown): number {
  const number = Number(value)
  if (value !== '' && Number.isInteger(number)) return number
  throw new Error(`"${String(value)}" is not a whole number`)
}

/** A port, `tcp/80` or `udp/5000-5010`, as iptables-extensions(8) matches it. */
export function iptablesPort(port: string): string {
  const [protocol = '', numbers = ''] = port.split('/')
  return `-p ${protocol} -m ${protocol} --dport ${numbers.replace('-', ':')}`
}

/** The same as nft(8) matches it. */
export function nftPort(port: string): string {
  const [protocol = '', numbers = ''] = port.split('/')
  return `${protocol} dport ${numbers}`
}
