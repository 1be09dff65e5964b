/** A long name whose parts come before its short entry, the last part first. */
export interface LongName {
  readonly text: string
  /** The number of the part that must come next; 0 when the name is complete. */
  readonly missing: number
  readonly checksum: number
}

const LAST_PART = 0x40
/** 255 UTF-16 units in parts of 13. */
const MOST_PARTS = 20
const LONGEST = 255

/**
 * Adds a slot of a long name to what came before it; undefined where it does not belong to it. Like the
 * kernel (vfat_parse_long in fs/fat/dir.c), a torn long name is ignored and the short one is used.
 */
export function nextPart(before: LongName | undefined, slot: Buffer): LongName | undefined {
  const number = slot.readUInt8(0) & ~LAST_PART
  const isFirst = (slot.readUInt8(0) & LAST_PART) !== 0
  const checksum = slot.readUInt8(13)
  const units = (from: number, to: number) => slot.toString('utf16le', from, to)
  const text = units(1, 11) + units(14, 26) + units(28, 32)
  if (isFirst) {
    return number >= 1 && number <= MOST_PARTS ? { text, missing: number - 1, checksum } : undefined
  }
  if (before === undefined || number === 0) return undefined
  if (number !== before.missing || checksum !== before.checksum) return undefined
  return { text: text + before.text, missing: number - 1, checksum }
}

/** The long name of the entry in `slot`, when it is complete and made for this short name. */
export function longNameIn(long: LongName | undefined, slot: Buffer): string | undefined {
  if (long === undefined || long.missing > 0 || long.checksum !== checksumOf(slot)) return undefined
  const end = long.text.indexOf('\0')
  const name = end < 0 ? long.text : long.text.slice(0, end)
  return name.length > 0 && name.length <= LONGEST ? name : undefined
}

/** fat_checksum() of fs/fat/fat.h. */
function checksumOf(slot: Buffer): number {
  let sum = 0
  for (const byte of slot.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >>> 1) + byte) & 0xff
  return sum
}

const LOWER_BASE = 0x08
const LOWER_EXTENSION = 0x10
/** The first byte 0xE5 means "deleted"; a name that begins with this character has 0x05 there. */
const ESCAPED = 0x05

/** The 8.3 name of an entry, with the case that Windows NT keeps in byte 12. */
export function shortNameOf(slot: Buffer): string {
  const flags = slot.readUInt8(12)
  const bytes = Buffer.from(slot.subarray(0, 11))
  if (bytes[0] === ESCAPED) bytes[0] = 0xe5
  const part = (from: number, to: number, lower: boolean) => {
    const text = decode437(bytes.subarray(from, to)).replace(/ +$/, '')
    return lower ? text.toLowerCase() : text
  }
  const base = part(0, 8, (flags & LOWER_BASE) !== 0)
  const extension = part(8, 11, (flags & LOWER_EXTENSION) !== 0)
  return extension === '' ? base : `${base}.${extension}`
}

/** The upper half of code page 437, which Linux uses for short names by default. */
const PAGE_437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0'

function decode437(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => PAGE_437[byte.charCodeAt(0) - 0x80] ?? '')
}
