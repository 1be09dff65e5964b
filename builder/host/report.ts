import { here } from './here.js'

const redrawAfter = 1000
const redrawEvery = 150

let quiet = false
let verbose = false

/** Messages to the user: always on stderr, so that stdout contains only results. */
export const report = {
  configure(options: { quiet: boolean; verbose: boolean }): void {
    ;({ quiet, verbose } = options)
  },
  note(text: string): void {
    if (!quiet) process.stderr.write(`${text}\n`)
  },
  warn(text: string): void {
    process.stderr.write(`${style('33', 'warning:')} ${text}\n`)
  },
  error(text: string): void {
    process.stderr.write(`${text}\n`)
  },
  debug(text: string): void {
    if (verbose) process.stderr.write(`${style('2', `$ ${text}`)}\n`)
  },
  /** Results, for people or (`--json`) for programs. */
  result(text: string): void {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  },
}

export interface Progress {
  /** `done` of the total, in the unit of the total. */
  at(done: number): void
  end(): void
}

/**
 * Progress of one step. On a terminal a bar with rate and time left once the step has lasted a second;
 * elsewhere one plain line at its end if it lasted that long.
 * @param total bytes; 0 if unknown
 */
export function progress(label: string, total: number): Progress {
  const started = performance.now()
  const terminal = process.stderr.isTTY && !quiet
  let drawn = 0
  return {
    at(done) {
      const now = performance.now()
      if (!terminal || now - started < redrawAfter || now - drawn < redrawEvery) return
      drawn = now
      process.stderr.write(`\r\x1b[K${progressLine(label, done, total, (now - started) / 1000)}`)
    },
    end() {
      if (drawn > 0) process.stderr.write('\r\x1b[K')
      const seconds = (performance.now() - started) / 1000
      if (!quiet && seconds * 1000 >= redrawAfter) report.note(`${label}: ${seconds.toFixed(1)} s`)
    },
  }
}

/** One line of a progress bar: share, rate and time left; `seconds` have passed. */
export function progressLine(label: string, done: number, total: number, seconds: number): string {
  const rate = done / Math.max(seconds, 0.001)
  if (total <= 0) return `${label} ${formatBytes(done)} ${formatBytes(rate)}/s`
  const share = Math.min(1, done / total)
  const bar = '#'.repeat(Math.round(share * 20)).padEnd(20, '.')
  const left = rate > 0 ? `${Math.ceil((total - done) / rate)} s left` : ''
  return `${label} [${bar}] ${Math.floor(share * 100)} % ${formatBytes(rate)}/s ${left}`.trimEnd()
}

/** A number of bytes for people, in binary units. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`
}

/** ANSI style on a terminal that wants it (https://no-color.org). */
export function style(code: string, text: string): string {
  const wanted = process.stderr.isTTY && (here().environment['NO_COLOR'] ?? '') === ''
  return wanted ? `\x1b[${code}m${text}\x1b[0m` : text
}
