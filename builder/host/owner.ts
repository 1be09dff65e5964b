import { createHash, randomUUID } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { interruption } from './interrupt.js'

const prefix = '.piimg-'
const suffix = '.partial'
/** For a folder of another computer (on a shared disk) it is unknown whether the owner is alive, so its age decides. */
const foreignLifetime = 24 * 3600 * 1000
const lookAgainAfter = 200
const heartbeat = 5_000
/** An owner without a heartbeat for this long belongs to another computer, and has died or was stopped. */
const patience = 60_000

/** A new name for a folder of work in progress; it contains the owner, see `isLeftover`. */
export function partialName(): string {
  return `${prefix}${newOwnerName()}${suffix}`
}

/** Whether `path` has a `partialName` and the process that made it has ended. */
export function isLeftover(path: string): boolean {
  const name = basename(path)
  if (!name.startsWith(prefix) || !name.endsWith(suffix)) return false
  return hasEnded(name.slice(prefix.length)) ?? ageOf(path) > foreignLifetime
}

/**
 * Runs `work` while holding the lock `path`; calls `waiting` once if another process holds it. A lock whose owner was
 * killed is taken over at once. The lock is a folder with one file, named after its owner. A process takes the lock by
 * renaming such a folder onto a missing or empty one, and removes a dead owner by name. So two processes that find the
 * same dead owner cannot take the lock from each other.
 * @throws {Interrupted} after a signal while it waits
 */
export async function withLock<T>(path: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  const owner = newOwnerName()
  const claim = join(dirname(path), `${prefix}${owner}${suffix}`)
  mkdirSync(claim, { mode: 0o700 })
  try {
    writeFileSync(join(claim, owner), '')
    await take(path, claim, waiting)
  } catch (error) {
    rmSync(claim, { recursive: true, force: true })
    throw error
  }
  const beat = setInterval(() => touch(join(path, owner)), heartbeat).unref()
  try {
    return await work()
  } finally {
    clearInterval(beat)
    release(path, owner)
  }
}

async function take(path: string, claim: string, waiting: () => void): Promise<void> {
  let seen = ''
  let since = 0
  while (!renamedOnto(claim, path)) {
    const [owner] = namesIn(path)
    if (owner === undefined) continue
    const sign = `${owner} ${statSync(join(path, owner), { throwIfNoEntry: false })?.mtimeMs ?? ''}`
    const first = seen === ''
    if (sign !== seen) [seen, since] = [sign, performance.now()]
    const ended = hasEnded(owner) === true
    if (ended || performance.now() - since > patience) {
      rmSync(join(path, owner), { force: true })
      continue
    }
    if (first) waiting()
    await delay(lookAgainAfter, undefined, { signal: interruption }).catch(() =>
      interruption.throwIfAborted(),
    )
  }
}

function renamedOnto(claim: string, path: string): boolean {
  try {
    renameSync(claim, path)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Milliseconds since the last change; 0 if the file is gone. */
function ageOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs
}

function touch(path: string): void {
  try {
    utimesSync(path, new Date(), new Date())
  } catch {
    // Another process timed out and took the lock; then both do the same work.
  }
}

function release(path: string, owner: string): void {
  rmSync(join(path, owner), { force: true })
  try {
    rmdirSync(path)
  } catch {
    // The next process has it already.
  }
}

function newOwnerName(): string {
  const { pid, started } = ownMark()
  return `${computer()}-${pid}-${started}-${randomUUID().slice(0, 8)}`
}

/** A process, distinguished from a later one with the same number. */
export interface ProcessMark {
  readonly pid: number
  readonly started: string
}

export function ownMark(): ProcessMark {
  return { pid: process.pid, started: startTime(process.pid) ?? '0' }
}

export function isAlive({ pid, started }: ProcessMark): boolean {
  return isRunning(pid) && (startTime(pid) ?? '0') === started
}

/** Whether the named process has ended; undefined if it belongs to another computer. */
function hasEnded(owner: string): boolean | undefined {
  const [home, pid, started = ''] = owner.split('-')
  if (home !== computer()) return undefined
  return !isAlive({ pid: Number(pid), started })
}

/** Distinguishes computers, and containers with their own process table. */
function computer(): string {
  return createHash('sha256').update(`${hostname()} ${processTable()}`).digest('hex').slice(0, 8)
}

/** Containers can share the host's name but not its process table. */
function processTable(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Clock ticks from boot to the start of a process, to detect a reused pid (proc(5), field 22); also undefined for a
 * killed process whose parent has not waited for it yet (state Z).
 */
function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
