import { Argument, Command, CommanderError, Option } from 'commander'
import type { CompletedVerb, shells } from './commands/completion.js'
import { report } from './host/report.js'
import { readVersion } from './load/version.js'
import type { Place } from './model/place.js'
import { optionOf } from './model/settings.js'
import type { Row } from './option-rows.js'
import { type Verb, type VerbRow, verbs } from './verbs.js'

/**
 * Runs a command line.
 * @param words without the program's name
 * @returns the exit code
 * @throws {CommanderError} for a command line that makes no sense, after that was reported
 */
export async function runCommandLine(place: Place, words: readonly string[]): Promise<number> {
  let exitCode = 0
  const program = newProgram()
  const start: Start = async (verb, values) => {
    // Commander hands over the arguments, the options, and the command itself.
    exitCode = await verb(place, ...(values.slice(0, -1) as never[]))
  }
  for (const row of verbs) declare(program, row, start)
  declareCompletion(program, start)
  for (const command of program.commands) {
    command
      .exitOverride()
      .option('--json', 'print the result for programs')
      .option('-q, --quiet', 'print results, warnings and errors only')
      .option('-v, --verbose', 'print every command that is run')
  }
  await program.parseAsync(words, { from: 'user' })
  return exitCode
}

/** The exit code for an error about which commander has printed everything; undefined for any other error. */
export function exitCodeOf(error: unknown): number | undefined {
  if (!(error instanceof CommanderError)) return undefined
  return error.exitCode === 0 ? 0 : 2
}

type Start = (verb: Verb, values: readonly unknown[]) => Promise<void>

function newProgram(): Command {
  return new Command('piimg')
    .description('Turns one stock Raspberry Pi OS image into the SD-card images of a cluster.')
    .version(readVersion())
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeErr: (text) => process.stderr.write(text) })
    .showHelpAfterError('(piimg --help lists what there is)')
    .hook('preAction', (_, command) => {
      const { quiet, verbose, packages } = command.opts<Common>()
      report.configure({ quiet: quiet === true, verbose: verbose === true })
      if (packages === undefined) return
      report.note(`--packages is now called ${optionOf('packages_from')}; the old name still works`)
      command.setOptionValue('packagesFrom', packages)
    })
}

interface Common {
  readonly quiet?: boolean
  readonly verbose?: boolean
  /** The older name of `packagesFrom`. */
  readonly packages?: string
}

function declare(program: Command, row: VerbRow, start: Start): void {
  const command = program
    .command(row.name, { hidden: row.isHidden === true })
    .description(row.summary)
    .passThroughOptions(row.passesThrough === true)
  for (const { flags, summary, words } of row.args ?? []) {
    const argument = new Argument(flags, summary)
    command.addArgument(words === undefined ? argument : argument.choices(words))
  }
  for (const option of row.options ?? []) command.addOption(optionFor(option))
  if (row.after !== undefined) command.addHelpText('after', `\n${row.after}`)
  command.action(async (...values: unknown[]) => {
    await start(await row.load(), values)
  })
}

function optionFor(row: Row): Option {
  const option = new Option(row.flags, row.summary)
  // Only shown: the first wrong word would end the program before the others are reported.
  if (row.words !== undefined) option.argChoices = [...row.words]
  if (row.default !== undefined) option.default(row.default)
  if (row.repeats === true)
    option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value])
  if (row.isHidden === true) option.hideHelp()
  if (row.conflicts !== undefined) option.conflicts(row.conflicts)
  return option
}

/** It completes all others, so it knows the program. */
function declareCompletion(program: Command, start: Start): void {
  const command = program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('print what makes a shell complete piimg')
  command.action(async (...values: unknown[]) => {
    const { completion } = await import('./commands/completion.js')
    const completed = program.createHelp().visibleCommands(program).map(completedVerb)
    await start((place, shell: (typeof shells)[number]) => completion(place, shell, completed), values)
  })
}

function completedVerb(command: Command): CompletedVerb {
  const options = command.options
    .filter(({ hidden }) => !hidden)
    .map(({ long, description }) => ({ word: long ?? '', summary: description }))
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const words = [...choices.map((word) => ({ word, summary: command.description() })), ...options]
  return { name: command.name(), summary: command.description(), words }
}
