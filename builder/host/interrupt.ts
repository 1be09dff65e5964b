import { setMaxListeners } from 'node:events'
import { Interrupted } from '../errors.js'

const controller = new AbortController()
// Each running program adds a listener, and there may be many.
setMaxListeners(0, controller.signal)

/** Aborted at the first SIGINT or SIGTERM; its reason is an `Interrupted`. */
export const interruption: AbortSignal = controller.signal

/**
 * Installs the handlers: the first signal stops child processes and unwinds the program, the second one exits at once.
 */
export function listenForSignals(): void {
  const stop = (signal: NodeJS.Signals): void => {
    if (interruption.aborted) process.exit(130)
    controller.abort(new Interrupted(signal))
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  process.on('SIGHUP', stop)
}

/** Lets signal handlers run between two pieces of synchronous work. @throws {Interrupted} */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  interruption.throwIfAborted()
}
