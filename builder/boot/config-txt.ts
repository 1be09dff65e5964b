import type { Board } from '../model/board.js'

/** The settings of config.txt that count for one board. */
export interface BootSettings {
  /** The last value of a setting; undefined where it is not set. */
  get(name: string): string | undefined
  /** Every value of a setting that may stand several times, such as `dtoverlay`, in order. */
  all(name: string): readonly string[]
}

/** What decides which parts of config.txt count. */
export interface BoardIdentity extends Pick<Board, 'filters' | 'types'> {
  /** The serial number in hexadecimal; where it is not known, no part for one serial number counts. */
  readonly serial?: string
}

/** Characters of a line that the firmware reads. */
const longestLine = 98

interface Reading {
  readonly board: BoardIdentity
  readonly read: (path: string) => string | undefined
  readonly found: Map<string, string[]>
  /** By kind: whether the last filter of that kind holds. */
  readonly filters: Map<string, boolean>
}

/**
 * Reads `/config.txt` as the firmware does (raspberrypi.com/documentation, "config.txt"): a filter such as `[pi4]` holds
 * for what follows it, also over the end of an included file; a filter replaces the one of its kind before, filters of
 * different kinds add up, `[all]` ends them all. Nothing here knows monitors, pins or a `tryboot`: parts for those
 * do not count. The loader (bootcode.bin) and the EEPROM of a Pi 4 look at the same file by themselves, without `include`.
 * @param read the text of a file of the boot partition by its absolute path; undefined where there is none
 */
export function readConfig(read: (path: string) => string | undefined, board: BoardIdentity): BootSettings {
  const reading = { board, read, found: new Map<string, string[]>(), filters: new Map<string, boolean>() }
  readFile(reading, '/config.txt', [])
  return {
    get: (name) => reading.found.get(name)?.at(-1),
    all: (name) => reading.found.get(name) ?? [],
  }
}

/** @param including the files on the way here; a file that includes itself is not read again */
function readFile(reading: Reading, path: string, including: readonly string[]): void {
  if (including.includes(path)) return
  for (const text of reading.read(path)?.split(/\r?\n/) ?? []) {
    const line = text.slice(0, longestLine).trim()
    const filter = /^\[(.+)\]$/.exec(line)?.[1]
    if (filter !== undefined) takeFilter(reading, filter.toLowerCase())
    else if ([...reading.filters.values()].every((holds) => holds))
      takeLine(reading, line, [...including, path])
  }
}

function takeLine({ found, ...reading }: Reading, line: string, including: readonly string[]): void {
  const set = (name: string, value: string) => found.set(name, [...(found.get(name) ?? []), value])
  const [, included] = /^include\s+(\S+)/.exec(line) ?? []
  if (included !== undefined) readFile({ found, ...reading }, `/${included.replace(/^\/+/, '')}`, including)
  // `initramfs` has no equals sign: initramfs FILE [followkernel|ADDRESS].
  const [, initramfs] = /^initramfs\s+(\S+)/.exec(line) ?? []
  if (initramfs !== undefined) set('initramfs', initramfs)
  const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? []
  if (name !== undefined && value !== undefined) set(name, value.trim())
}

function takeFilter({ board, filters }: Reading, filter: string): void {
  const [, type] = /^board-type=(0x[0-9a-f]+|\d+)$/.exec(filter) ?? []
  const isModel = type !== undefined || filter === 'none' || /^(pi|cm)\d/.test(filter)
  if (filter === 'all') filters.clear()
  else if (type !== undefined) filters.set('model', board.types.includes(Number(type)))
  else if (isModel) filters.set('model', board.filters.includes(filter))
  else if (/^0x[0-9a-f]+$/.test(filter)) filters.set('serial', isSerial(board, filter))
  else filters.set(/^\w+?(?=\d*\W|$)/.exec(filter)?.[0] ?? '', false)
}

/** The filter has the last eight digits of a serial number; the others differ from firmware to firmware. */
function isSerial({ serial }: BoardIdentity, filter: string): boolean {
  const digits = (text: string) => text.replace(/^0x/, '').padStart(8, '0').slice(-8).toLowerCase()
  return serial !== undefined && digits(serial) === digits(filter)
}
