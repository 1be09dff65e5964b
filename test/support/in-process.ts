import { runCommandLine } from '../../builder/cli.js'
import { reportError } from '../../builder/report-error.js'
import { testPlace } from './place.js'
import { type Call, type Desk, environment, type Finished } from './cli.js'
import { changeableOutput } from './problem-text.js'

type Outcome = Pick<Finished, 'stdout' | 'stderr' | 'exitCode'>

/**
 * Runs piimg to its end in the process of the test, as `main.ts` does in one of its own: one at a time, since the
 * working folder and the environment belong to the process. It has the rights of the tests' own user.
 */
export async function piimgInProcess(
  desk: Desk,
  words: readonly string[],
  call: Pick<Call, 'env'> = {},
): Promise<Outcome> {
  const folder = process.cwd()
  const variables = { ...process.env }
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)]
  process.chdir(desk.folder)
  setEnvironment(environment(desk, call))
  try {
    const exitCode = await runCommandLine(testPlace, words).catch(reportError)
    return { stdout: stdout.end(), stderr: changeableOutput(stderr.end()), exitCode }
  } finally {
    stdout.end()
    stderr.end()
    setEnvironment(variables)
    process.chdir(folder)
  }
}

/** Keeps what is written to a stream from now on. */
function captured(stream: NodeJS.WriteStream): { end(): string } {
  const own = Object.getOwnPropertyDescriptor(stream, 'write')
  const chunks: Buffer[] = []
  stream.write = (chunk: Uint8Array | string) => chunks.push(Buffer.from(chunk as string)) > 0
  return {
    end() {
      if (own === undefined) Reflect.deleteProperty(stream, 'write')
      else Object.defineProperty(stream, 'write', own)
      return Buffer.concat(chunks).toString()
    },
  }
}

function setEnvironment(variables: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name)
  Object.assign(process.env, variables)
}
