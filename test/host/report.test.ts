import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { formatBytes, progress, progressLine, report, style } from '../../builder/host/report.js'

let stderr = ''
let stdout = ''
const { isTTY } = process.stderr

function terminal(is: boolean): void {
  process.stderr.isTTY = is
}

beforeEach(() => {
  stderr = ''
  stdout = ''
  terminal(false)
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => (stderr += String(text)) !== '')
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => (stdout += String(text)) !== '')
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.useRealTimers()
  process.stderr.isTTY = isTTY
  report.configure({ quiet: false, verbose: false })
})

describe('messages', () => {
  it('go to stderr, and only results to stdout', () => {
    report.note('note')
    report.warn('warn')
    report.error('error')
    report.result('result')
    expect([stderr, stdout]).toEqual(['note\nwarning: warn\nerror\n', 'result\n'])
  })

  it('end in one line end', () => {
    report.result('a\n')
    expect(stdout).toBe('a\n')
  })

  it('are only warnings, errors and results with --quiet', () => {
    report.configure({ quiet: true, verbose: false })
    report.note('note')
    report.debug('debug')
    report.warn('warn')
    report.result('result')
    expect([stderr, stdout]).toEqual(['warning: warn\n', 'result\n'])
  })

  it('show commands with --verbose', () => {
    report.debug('not yet')
    report.configure({ quiet: false, verbose: true })
    report.debug('cp a b')
    expect(stderr).toBe('$ cp a b\n')
  })
})

describe('style', () => {
  it('is for terminals that want it', () => {
    vi.stubEnv('NO_COLOR', '')
    expect(style('31', 'x')).toBe('x')
    terminal(true)
    expect(style('31', 'x')).toBe('\u001b[31mx\u001b[0m')
    vi.stubEnv('NO_COLOR', '1')
    expect(style('31', 'x')).toBe('x')
  })
})

describe('a line of progress', () => {
  it.each([
    [progressLine('copy', 0, 1000, 0), 'copy [....................] 0 % 0 B/s'],
    [progressLine('copy', 512, 1024, 2), 'copy [##########..........] 50 % 256 B/s 2 s left'],
    [progressLine('copy', 1024, 1024, 1), 'copy [####################] 100 % 1.0 KiB/s 0 s left'],
    [progressLine('copy', 2000, 1000, 1), 'copy [####################] 100 % 2.0 KiB/s 0 s left'],
    [progressLine('unpack', 2048, 0, 2), 'unpack 2.0 KiB 1.0 KiB/s'],
  ])('%s', (line, expected) => {
    expect(line).toBe(expected)
  })

  it.each([
    [0, '0 B'],
    [0.5, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [102_400, '100 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [3.7 * 1024 ** 3, '3.7 GiB'],
    [5 * 1024 ** 5, '5120 TiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

describe('progress', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] })
  })

  it('says nothing of a step of less than a second', () => {
    terminal(true)
    const step = progress('copy', 100)
    vi.advanceTimersByTime(900)
    step.at(50)
    step.end()
    expect(stderr).toBe('')
  })

  it('is one plain line where there is no terminal', () => {
    const step = progress('copy', 100)
    vi.advanceTimersByTime(2500)
    step.at(50)
    step.end()
    expect(stderr).toBe('copy: 2.5 s\n')
  })

  it('is a bar on a terminal, drawn no more often than eyes can follow, and gone at the end', () => {
    terminal(true)
    const step = progress('copy', 100)
    vi.advanceTimersByTime(2000)
    step.at(50)
    vi.advanceTimersByTime(100)
    step.at(60)
    vi.advanceTimersByTime(100)
    step.at(70)
    step.end()
    const clear = '\r\u001b[K'
    const [, first, second, last] = stderr.split(clear)
    expect([first, second, last]).toEqual([
      'copy [##########..........] 50 % 25 B/s 2 s left',
      'copy [##############......] 70 % 32 B/s 1 s left',
      'copy: 2.2 s\n',
    ])
  })

  it('says nothing where it is to be quiet', () => {
    terminal(true)
    report.configure({ quiet: true, verbose: false })
    const step = progress('copy', 100)
    vi.advanceTimersByTime(2500)
    step.at(50)
    step.end()
    expect(stderr).toBe('')
  })
})
