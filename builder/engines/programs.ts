import { text } from 'node:stream/consumers'
import { type Command, type Output, runAsFilter, type Shown } from '../host/run.js'
import {
  bindMount,
  containerCommand,
  type ContainerEngine,
  newName,
  runWords,
  unlockFolders,
  withName,
} from './container.js'

/**
 * A program of piimg's image that replaces one of this computer. It runs as the user without privileges, and sees only
 * the given folders, at the same paths.
 */
export function commandInside(
  { tool, image, guards }: ContainerEngine,
  { tool: program, args, step, cwd, env = {}, exitCodes = [0] }: Command,
  { reads, fetchesTo }: Shown,
  name: string = newName(),
): Command {
  const words = [
    ...[...runWords(name), '--cap-drop=ALL', `--user=${userOf(guards)}`, ...unlockFolders(guards)],
    ...reads.map((path) => `${bindMount(path, path)},readonly`),
    ...(fetchesTo === undefined ? ['--network=none'] : [bindMount(fetchesTo, fetchesTo)]),
    ...(cwd === undefined ? [] : [`--workdir=${cwd}`]),
    // Names only, because all users can read command lines.
    ...Object.keys(env).map((key) => `--env=${key}`),
    ...[`--entrypoint=${program.name}`, image, ...args],
  ]
  const command = containerCommand(tool, step, words)
  return { ...command, env: { ...command.env, ...env }, exitCodes }
}

/**
 * Runs such a program to its end. Its container ends when this program ends.
 * @throws {StepError} if it fails; {Interrupted} after a signal
 */
export async function runInside(engine: ContainerEngine, command: Command, shown: Shown): Promise<Output> {
  return await withName(engine.tool, async (name) => {
    const { stdout, end } = runAsFilter(commandInside(engine, watched(command), shown, name))
    const [said, output] = await Promise.all([text(stdout), end])
    return { ...output, stdout: said }
  })
}

/**
 * The same below a shell that ends when its stdin closes, or at a signal. A container's first process only gets
 * signals that it handles, and all other processes end with it (pid_namespaces(7)).
 */
function watched(command: Command): Command {
  const script = 'trap "exit 1" INT TERM; exec 3<&0; { cat <&3; kill 1; } >/dev/null & "$@" & wait $!'
  const shell = { name: 'sh', purpose: 'end with piimg' }
  return { ...command, tool: shell, args: ['-c', script, 'sh', command.tool.name, ...command.args] }
}

/** The user whose files it reads and writes. In a rootless engine, root is this user. */
function userOf(guards: readonly string[]): string {
  const isUser = guards.includes('rootless')
  return isUser ? '0:0' : `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`
}
