import { exitCodeOf } from './cli.js'
import { Interrupted, StepError, UserError } from './errors.js'
import { report } from './host/report.js'
import { problemLines } from './host/show.js'

/** Reports an error in the form that its kind needs. @returns the exit code */
export function reportError(error: unknown): number {
  const exitCode = exitCodeOf(error)
  if (exitCode !== undefined) return exitCode
  if (error instanceof UserError) {
    for (const line of problemLines(error.problems)) report.error(line)
    return 2
  }
  if (error instanceof StepError) {
    const { step, reason, hint, replay } = error.failure
    report.error(`error: could not ${step}`)
    report.error(reason.replace(/^/gm, '  '))
    if (hint !== undefined) report.error(`  hint: ${hint}`)
    if (replay !== undefined) report.error(`  command: ${replay}`)
    return 1
  }
  if (error instanceof Interrupted) {
    report.error(`${error.message}; nothing unfinished was left behind`)
    return 130
  }
  if (isSystemError(error)) {
    report.error(`error: ${error.message}`)
    return 1
  }
  report.error('error: internal error in piimg itself; please report it with these lines')
  report.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return 70
}

/** A call of the operating system that failed: no space, no permission, a read error. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}
