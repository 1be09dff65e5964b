import { runInside } from '../engines/programs.js'
import { StepError } from '../errors.js'
import { report } from '../host/report.js'
import { run, type Runner } from '../host/run.js'
import { findTool, installCommand, type Tool } from '../host/tools.js'
import { loopState, openEngine } from './container.js'

/** Those of some programs that are not on this computer. */
export function missingOf(wanted: readonly Tool[]): Tool[] {
  return wanted.filter((tool) => findTool(tool) === undefined)
}

export function notInstalled(missing: readonly Tool[]): string {
  return `${missing.map(({ name }) => name).join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed`
}

/**
 * How to run the programs of a step: on this computer, or in the container if one of them is missing.
 * @throws {StepError} if neither works
 */
export async function runnerOf(wanted: readonly Tool[], step: string): Promise<Runner> {
  const missing = missingOf(wanted)
  if (missing.length === 0) return run
  const { isReady, what } = await loopState()
  if (!isReady) {
    const hint = `${installCommand(missing)}; or use a container: ${what}`
    throw new StepError({ step, reason: notInstalled(missing), hint })
  }
  report.note(`${step} in a container: ${notInstalled(missing)}`)
  const engine = await openEngine()
  return (command, shown) => runInside(engine, command, shown)
}
