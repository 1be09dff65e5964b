import { setMaxListeners } from 'node:events'
import { Interrupted } from '../errors.js'

const controller = new AbortController()
// Each program that runs listens, and they may be many.
setMaxListeners(0, controller.signal)

/** Aborted at the first SIGINT or SIGTERM; its reason is an `Interrupted`. */
export const interruption: AbortSignal = controller.signal

/** From here on a signal ends child processes and unwinds the program; a second one ends it at once. */
export function listenForSignals(): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (interruption.aborted) process.exit(130)
    controller.abort(new Interrupted(signal))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
}

/** Lets signals in between two stretches of synchronous work. @throws {Interrupted} */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  interruption.throwIfAborted()
}
