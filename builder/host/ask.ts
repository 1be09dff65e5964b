import { Interrupted } from '../errors.js'

/** Why an answer will not do; undefined where it will. */
export type Validate = (answer: string) => string | undefined

const output = process.stderr

/** Whether there is a person to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY && output.isTTY
}

/** @throws {Interrupted} at Ctrl-C */
export async function ask(message: string, standard: string, validate: Validate = () => undefined): Promise<string> {
  const { text } = await import('@clack/prompts')
  const check = (answer: string | undefined) => validate(answer ?? standard)
  const options = standard === '' ? {} : { placeholder: standard, defaultValue: standard }
  return taken(await text({ message, ...options, validate: check, ...common }))
} // prettier-ignore

/** Nothing of the answer is shown. @throws {Interrupted} at Ctrl-C */
export async function askSecret(message: string, validate: Validate): Promise<string> {
  const { password } = await import('@clack/prompts')
  return taken(await password({ message, validate: (answer) => validate(answer ?? ''), ...common }))
}

/** @param options what each answer means, by the answer. @throws {Interrupted} at Ctrl-C */
export async function choose<T extends string>(message: string, options: Readonly<Record<T, string>>): Promise<T> {
  const { select } = await import('@clack/prompts')
  const rows = (Object.keys(options) as T[]).map((value) => ({ value: value, label: options[value] }))
  return taken(await select<string>({ message, options: rows, ...common })) as unknown as T
} // prettier-ignore

/** Ctrl-D ends the terminal's input, and with it every answer: the same as Ctrl-C. */
const noMore = new AbortController()
process.stdin.on('keypress', (_, key: { readonly ctrl?: boolean; readonly name?: string }) => {
  if (key.ctrl === true && key.name === 'd') noMore.abort()
})
const common = { output, signal: noMore.signal }

function taken(answer: string | symbol): string {
  if (typeof answer === 'string') return answer
  throw new Interrupted('SIGINT')
}
