import { availableParallelism, loadavg } from 'node:os'

/** Milliseconds that the work below takes on an idle processor of the computers for which the limits were chosen. */
const usual = 100

/**
 * How many times longer than usual something may take on this computer now, at least 1: how long a fixed amount of work
 * takes, and how many processes there were for each processor in the last minute. For a time that a test states; a test
 * that only waits for something sets a limit that is far away instead.
 */
export function slowness(): number {
  const started = performance.now()
  let state = 1
  for (let round = 0; round < 20_000_000; round++) state = Math.imul(state ^ round, 1_664_525) + 1_013_904_223
  const measured = (performance.now() - started) / usual
  const [processes = 0] = loadavg()
  // The result is used, so that the work cannot be left out.
  return Math.max(Number(state === 0), 1, measured, processes / availableParallelism())
}
