import { setTimeout as delay } from 'node:timers/promises'
import { StepError } from '../errors.js'
import { report } from '../host/report.js'
import type { Console } from './guest.js'
import { type Login, runOnNode, waitForSsh } from './login.js'

/**
 * Races a goal against the end of the emulation and a time limit.
 * @param seconds 0: no limit
 * @throws {StepError} where the goal is not reached
 */
export async function reachGoal<T>(
  goal: { readonly step: string; readonly work: Promise<T>; readonly seconds: number },
  emulation: Promise<unknown>,
  console: Console,
): Promise<T> {
  const { step, work, seconds } = goal
  const fail = (reason: string) =>
    new StepError({ step, reason: `${reason}; the last lines of the console:\n${console.lastLines(20)}` })
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    if (seconds > 0) timer = setTimeout(() => reject(fail(`not done after ${seconds} s`)), seconds * 1000)
  })
  const ended = emulation.then((end) => {
    throw fail(end === 'panic' ? 'its kernel panicked' : 'the node powered off')
  })
  ended.catch(() => {})
  const panic = sawPanic(console).then(() => {
    throw fail('its kernel panicked')
  })
  panic.catch(() => {})
  try {
    return await Promise.race([work, limit, ended, panic])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves when the console asks for a login. */
export async function asksForLogin(console: Console): Promise<string> {
  await console.waitFor(/login: $/)
  return ''
}

/** Resolves when a kernel prints that it has panicked (kernel/panic.c); QEMU does not report it. */
export async function sawPanic(console: Console): Promise<void> {
  await console.waitFor(/---\[ end Kernel panic[^\n]*\]---/)
}

/**
 * Milliseconds until the next try to log in. Each try takes an emulated node seconds, and the one through which it is reached:
 * before the node's console asks for a login, most fail.
 */
const lookAgainAfter = { early: 20_000, later: 4000 } as const

/** Ends when systemd has started all units, and the first boot is ready or has given up. */
const endOfBoot = `systemctl is-system-running --wait >/dev/null
while [ -e /etc/systemd/system/piimg-first-boot.service ] && [ ! -e /var/lib/piimg/ready ]; do
  if grep -qsx state=failed /var/lib/piimg/status; then echo "its first boot gave up:"; piimg-firstboot status; exit; fi
  sleep 2
done
systemctl is-system-running`

/** Waits until the boot has finished. @returns the state that systemd reports, such as `running`, or the error */
export async function reachEndOfBoot(login: Login, console: Console, stop: AbortSignal): Promise<string> {
  const prompt = { isShown: false }
  void asksForLogin(console).then(() => (prompt.isShown = true))
  while (!stop.aborted) {
    await waitForSsh(login, stop)
    try {
      return (await runOnNode(login, 'sh -s', endOfBoot)).stdout.trim()
    } catch (error) {
      // The connection is lost during a reboot, or users cannot log in yet (pam_nologin). A wrong key stays wrong.
      if (!(error instanceof StepError) || /Permission denied/.test(error.message)) throw error
      report.debug(error.message)
    }
    await pause(() => lookAgainAfter[prompt.isShown ? 'later' : 'early'], stop)
  }
  return ''
}

/** Waits for `limit()` milliseconds, which may become fewer meanwhile. */
async function pause(limit: () => number, stop: AbortSignal): Promise<void> {
  const step = 500
  for (let waited = 0; waited < limit() && !stop.aborted; waited += step) await delay(step)
}

/** The status that a node reports: keys and values in order. */
export async function selfCheck(login: Login, script: string): Promise<(readonly [string, string])[]> {
  const { stdout, stderr } = await runOnNode(login, 'sudo -n sh -s', script)
  const lines = stdout.split('\n').filter((line) => line.includes('='))
  if (lines.length === 0) throw new StepError({ step: 'ask the node for its state', reason: stderr.trim() })
  return lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
}

/** Milliseconds. */
const shutdownTime = 60_000

/** Shuts a node down cleanly, or gives up. A kept layer should be bootable again. */
export async function powerOff(login: Login, emulation: Promise<unknown>): Promise<void> {
  await runOnNode(login, 'sudo -n systemctl poweroff').catch((error: unknown) => report.debug(String(error)))
  const patience = new AbortController()
  await Promise.race([emulation, delay(shutdownTime, undefined, { signal: patience.signal }).catch(() => {})])
  patience.abort()
}
