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
  return taken(await text({ message, ...options, validate: check, output }))
} // prettier-ignore

/** Nothing of the answer is shown. @throws {Interrupted} at Ctrl-C */
export async function askSecret(message: string, validate: Validate): Promise<string> {
  const { password } = await import('@clack/prompts')
  return taken(await password({ message, validate: (answer) => validate(answer ?? ''), output }))
}

/** @param options what each answer means, by the answer. @throws {Interrupted} at Ctrl-C */
export async function choose<T extends string>(message: string, options: Readonly<Record<T, string>>): Promise<T> {
  const { select } = await import('@clack/prompts')
  const rows = (Object.keys(options) as T[]).map((value) => ({ value: value, label: options[value] }))
  return taken(await select<string>({ message, options: rows, output })) as unknown as T
} // prettier-ignore

function taken(answer: string | symbol): string {
  if (typeof answer === 'string') return answer
  throw new Interrupted('SIGINT')
}
