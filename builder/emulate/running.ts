import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, ownMark, type ProcessMark } from '../host/owner.js'
import { report } from '../host/report.js'

/** A running emulation: piimg's process, and the port of 127.0.0.1 that is forwarded to the master's port 22. */
export interface RunningEmulation extends ProcessMark {
  readonly sshPort: number
}

/** The running emulation of a cluster. The record of a killed one is removed. @param state the folder `.piimg` */
export function runningEmulation(state: string): RunningEmulation | undefined {
  const file = fileIn(state)
  const found = existsSync(file) ? parse(readFileSync(file, 'utf8')) : undefined
  if (found === undefined || isAlive(found)) return found
  rmSync(file, { force: true })
  return undefined
}

/**
 * Runs `work`. While it runs, `.piimg/` (if it exists) records how to reach the master; the first of two emulations
 * wins.
 */
export async function whileRunning<T>(state: string, sshPort: number, work: () => Promise<T>): Promise<T> {
  const isSaid = existsSync(state) && runningEmulation(state) === undefined && say(fileIn(state), sshPort)
  try {
    return await work()
  } finally {
    if (isSaid) rmSync(fileIn(state), { force: true })
  }
}

function say(file: string, sshPort: number): boolean {
  try {
    rmSync(file, { force: true })
    writeFileSync(file, `${JSON.stringify({ ...ownMark(), sshPort })}\n`, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    report.debug(String(error))
    return false
  }
}

function fileIn(state: string): string {
  return join(state, 'emulated.json')
}

function parse(text: string): RunningEmulation | undefined {
  try {
    const { pid, started, sshPort } = JSON.parse(text) as Record<string, unknown>
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof sshPort !== 'number')
      return undefined
    return { pid, started, sshPort }
  } catch {
    return undefined
  }
}
