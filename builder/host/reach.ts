import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** How long to wait for an earlier name before the answer of a later one is used. */
const headStart = 1000

/**
 * Which of several hosts takes a TCP connection. All are tried at once; an earlier one is preferred, because it is
 * more likely.
 * @param patience milliseconds
 * @returns undefined if none answers in time
 */
export async function firstToAnswer(
  hosts: readonly string[],
  port: number,
  patience: number,
): Promise<string | undefined> {
  const tries = hosts.map((host) => answers(host, port, patience))
  const turns = hosts.map(async (host, index) => {
    if (!(await tries[index])) throw new Error(`${host} does not answer`)
    if (index > 0) await Promise.race([Promise.all(tries.slice(0, index)), delay(headStart)])
    return host
  })
  return await Promise.any(turns).catch(() => undefined)
}

async function answers(host: string, port: number, patience: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (isThere: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(isThere)
    }
    const timer = setTimeout(() => end(false), patience)
    socket.on('connect', () => end(true)).on('error', () => end(false))
  })
}
