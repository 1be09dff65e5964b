import { linesOf, textOf } from './lines.js'

/** Removes the lines that set one of `keys`, also with `export`. */
export function unset(text: string, { keys }: { readonly keys: string }): string {
  const names = keys.split(/\s+/)
  const kept = linesOf(text).filter((line) => {
    const [, name] = /^\s*(?:export\s+)?([\w-]+)\s*=/.exec(line) ?? []
    return name === undefined || !names.includes(name)
  })
  return textOf(kept)
}
