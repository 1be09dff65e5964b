import { accessSync, constants } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { machines } from '../emulate/machine.js'
import { goals } from '../emulate/nodes.js'
import { StepError, UserError } from '../errors.js'
import { findTool, installCommand, tools } from '../host/tools.js'
import { unknownWord } from '../load/build-settings.js'
import { commandLine, error, type Problem } from '../model/problem.js'

/**
 * Every problem of the options, and of this computer.
 * @returns the time limit in seconds
 * @throws {UserError} {StepError}
 */
export function checkEmulation(options: {
  readonly ssh?: boolean
  readonly until?: string
  readonly timeout: string
  readonly machine?: string | undefined
}): number {
  const { ssh, until, timeout, machine } = options
  const wrong = (key: string, what: string, hint: string): Problem => {
    return error(commandLine(key), what, hint)
  }
  const problems: Problem[] = []
  const check = (option: string, text: string | undefined, words: readonly string[]) => {
    if (text === undefined || words.includes(text)) return
    problems.push(unknownWord({ text, origin: commandLine(option) }, words))
  }
  check('--machine', machine, machines)
  check('--until', until, goals)
  if (!/^\d{1,6}$/.test(timeout))
    problems.push(
      wrong('--timeout', `"${timeout}" is not a number of seconds`, 'such as 600; 0 means no limit'),
    )
  if (ssh === true && until !== undefined)
    problems.push(wrong('--ssh', '--ssh and --until exclude each other', 'choose one'))
  if (problems.length > 0) throw new UserError(problems)
  checkPrograms()
  return Number(timeout)
}

function checkPrograms(): void {
  const missing = [tools.qemu, tools.qemuImg, tools.ssh].filter((tool) => findTool(tool) === undefined)
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(', ')
  const reason = `${names} ${missing.length === 1 ? 'is' : 'are'} not installed`
  throw new StepError({ step: 'emulate a board', reason, hint: installCommand(missing) })
}

/** Where guests write: beside the image, where there is room for it; else in the folder for temporary files. */
export function workParent(image: string): string {
  const folder = dirname(image)
  return mayWrite(folder) ? folder : tmpdir()
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}
