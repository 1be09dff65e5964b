export interface KernelArgs {
  readonly add?: string
  /** `word`, or `name=` for the words with this name. */
  readonly remove?: string
}

/**
 * Words for the kernel in cmdline.txt, which is one line: each missing word of `add` replaces the base image's word
 * with the same name (`name=value`), or else is added at the end; console= never replaces another one. The order of
 * the other words is kept. Source: the kernel's kernel-parameters.txt; raspberrypi.com, "cmdline.txt".
 */
export function kernelArgs(text: string, { add = '', remove = '' }: KernelArgs): string {
  const [first = '', ...rest] = text.split('\n')
  const unwanted = split(remove)
  const isUnwanted = (word: string) => unwanted.includes(word) || unwanted.includes(`${nameOf(word)}=`)
  const before = split(first)
  const words = before.filter((word) => !isUnwanted(word))
  const wanted = split(add)
  if (words.length === before.length && wanted.every((word) => words.includes(word))) return text
  const added: string[] = []
  for (const word of wanted) {
    if (words.includes(word) || added.includes(word)) continue
    // Of several with one name the kernel takes the last.
    const place = words.findLastIndex((other) => nameOf(other) === nameOf(word) && !wanted.includes(other))
    if (place === -1 || nameOf(word) === 'console') added.push(word)
    else words[place] = word
  }
  return [[...words, ...added].join(' '), ...(rest.length === 0 ? [''] : rest)].join('\n')
}

/** A blank between double quotes belongs to the word. */
function split(text: string): string[] {
  return text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? []
}

function nameOf(word: string): string {
  return word.split('=', 1)[0] ?? word
}
