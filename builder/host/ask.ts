import { Interrupted } from '../errors.js'

/** Why an answer is not accepted; undefined if it is. */
export type Validate = (answer: string) => string | undefined

const output = process.stderr

/** Whether a user can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY && output.isTTY
}

/** @throws {Interrupted} at Ctrl-C */
export async function ask(
  message: string,
  standard: string,
  validate: Validate = () => undefined,
): Promise<string> {
  const { text } = await import('@clack/prompts')
  const check = (answer: string | undefined) => validate(answer ?? standard)
  const options = standard === '' ? {} : { placeholder: standard, defaultValue: standard }
  return answered(async (common) => await text({ message, ...options, validate: check, ...common }))
}

/** The answer is not shown. @throws {Interrupted} at Ctrl-C */
export async function askSecret(message: string, validate: Validate): Promise<string> {
  const { password } = await import('@clack/prompts')
  const check = (answer: string | undefined) => validate(answer ?? '')
  return answered(async (common) => await password({ message, validate: check, ...common }))
}

/** @param options what each answer means, by the answer. @throws {Interrupted} at Ctrl-C */
export async function choose<T extends string>(
  message: string,
  options: Readonly<Record<T, string>>,
): Promise<T> {
  const { select } = await import('@clack/prompts')
  const rows = (Object.keys(options) as T[]).map((value) => ({ value: value, label: options[value] }))
  return (await answered(async (common) => await select<string>({ message, options: rows, ...common }))) as T
}

interface Common {
  readonly output: NodeJS.WriteStream
  readonly signal: AbortSignal
}

/** Ctrl-D ends the terminal's input. It is handled like Ctrl-C. */
async function answered(question: (common: Common) => Promise<string | symbol>): Promise<string> {
  const noMore = new AbortController()
  const onKey = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string }) => {
    if (key.ctrl === true && key.name === 'd') noMore.abort()
  }
  process.stdin.on('keypress', onKey)
  try {
    const answer = await question({ output, signal: noMore.signal })
    if (typeof answer === 'string') return answer
    throw new Interrupted('SIGINT')
  } finally {
    process.stdin.off('keypress', onKey)
  }
}
