import { boards } from '../board.js'
import { ssidBytes } from '../ssid.js'
import type { Value } from '../value.js'
import { type Parse, type Refusal, refuse } from './refusal.js'

/** Control characters would end lines and fields in every format that piimg writes. */
export function printable(text: string): Refusal | undefined {
  return /[\p{Cc}\u2028\u2029]/u.test(text) ? refuse('a control character') : undefined
}

/** Whether no byte was lost when the text was read: a byte that is not UTF-8 becomes U+FFFD. */
export function isUtf8(text: string): boolean {
  return !/[\ud800-\udfff\ufffd]/u.test(text)
}

export const parseText: Parse = (text) => printable(text) ?? text

export function parseSwitch(text: string): Value | Refusal {
  if (/^(yes|on|true)$/.test(text)) return true
  return /^(no|off|false)$/.test(text) ? false : refuse(`"${text}" is neither yes nor no`, 'write yes or no')
}

/** Lines of any text, without the empty ones. */
export function parseLines(text: string): Value | Refusal {
  return linesIn(text).find((line) => printable(line) !== undefined) === undefined
    ? linesIn(text)
    : refuse('a control character')
}

function linesIn(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '')
}

/** Words of any text. */
export function parseWords(text: string): Value | Refusal {
  return printable(text.replaceAll(/\s/g, ' ')) ?? wordsIn(text)
}

function wordsIn(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** The firmware cuts lines of config.txt after 98 characters (raspberrypi.com, config.txt, "Line length"). */
export function parseConfigLines(text: string): Value | Refusal {
  const lines = linesIn(text)
  const wrong = lines.find((line) => !/^[\x20-\x7e]{1,98}$/.test(line))
  return wrong === undefined
    ? lines
    : refuse(`"${wrong}" is not a line of config.txt`, 'ASCII, 98 characters at most')
}

/** Words of the kernel command line, which is ASCII and splits at spaces. */
export function parseKernelArgs(text: string): Value | Refusal {
  const words = wordsIn(text)
  const wrong = words.find((word) => !/^[!#-~]+$/.test(word))
  return wrong === undefined
    ? words
    : refuse(`"${wrong}" is not a word of the kernel command line`, 'ASCII without quotes')
}

/** Ports of this computer, as `tcp/80` or `udp/5000-5010`. */
export function parsePorts(text: string): Value | Refusal {
  const ports = text.split(/[\s,]+/).filter((word) => word !== '')
  const isPort = (word: string) => {
    const [, first, last = first] = /^(?:tcp|udp)\/([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(word) ?? []
    return first !== undefined && Number(first) <= Number(last) && Number(last) < 65536
  }
  const wrong = ports.find((word) => !isPort(word))
  return wrong === undefined ? ports : refuse(`"${wrong}" is not a port`, 'such as tcp/80 or udp/5000-5010')
}

/** Debian Policy, 5.6.7: the names of packages. */
export function parsePackages(text: string): Value | Refusal {
  const names = text.split(/[\s,]+/).filter((word) => word !== '')
  const wrong = names.find((name) => !/^[a-z0-9][a-z0-9+.-]+$/.test(name))
  return wrong === undefined ? names : refuse(`"${wrong}" is not the name of a package`, 'such as tcpdump')
}

/** Made for the first country: it takes as long to load as a plan takes. */
let regions: Intl.DisplayNames | undefined

/** Codes that ISO 3166 reserves for other uses, or leaves to its users. */
const noCountries = ['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ']

/** Replaced codes, such as UK for GB, are not valid for a radio (wireless-regdb). */
function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || noCountries.includes(code)) return false
  const tag = `und-${code}`
  if (Intl.getCanonicalLocales(tag)[0] !== tag) return false
  regions ??= new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
  return regions.of(code) !== undefined
}

export const parseCountry: Parse = (text) =>
  isCountry(text.toUpperCase())
    ? text.toUpperCase()
    : refuse(`"${text}" is not a country`, 'two letters of ISO 3166, such as GB')

export const parseBoard: Parse = (text) =>
  Object.hasOwn(boards, text)
    ? text
    : refuse(`no board "${text}"`, `boards are ${Object.keys(boards).join(', ')}`)

export const parseSerial: Parse = (text) =>
  /^(0x)?([0-9a-f]{8}){1,2}$/i.test(text)
    ? text.toLowerCase().slice(-8)
    : refuse(`"${text}" is not a serial number`, 'as in /proc/cpuinfo: 8 hex digits, or 16')

export function parseSsid(text: string): Value | Refusal {
  if (!isUtf8(text))
    return refuse('an SSID that is not UTF-8', 'write its bytes as hex digits, such as 0x436166e9')
  const bytes = ssidBytes(text).length
  if (bytes < 1 || bytes > 32) return refuse(`an SSID has 1 to 32 bytes, not ${bytes}`)
  return printable(text) ?? text
}
