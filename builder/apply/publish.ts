import { linkSync } from 'node:fs'
import { StepError } from '../errors.js'

/**
 * Gives a finished file its name.
 * @throws {StepError} where there is such a file by now
 */
export function publish(partial: string, path: string): void {
  try {
    linkSync(partial, path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const reason = code === 'EEXIST' ? 'another piimg process was faster' : message
    throw new StepError({ step: `write ${path}`, reason }, { cause: error })
  }
}
