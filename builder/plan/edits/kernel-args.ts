/**
 * Words for the kernel in cmdline.txt, which is one line: each missing word of `add` replaces the base image's word
 * with the same name (`name=value`), or else is added at the end; console= never replaces another one. The order of
 * the other words is kept. Source: the kernel's kernel-parameters.txt; raspberrypi.com, "cmdline.txt".
 */
export function kernelArgs(text: string, { add = '' }: { readonly add?: string }): string {
  const [first = '', ...rest] = text.split('\n')
  const words = split(first)
  const wanted = split(add)
  if (wanted.every((word) => words.includes(word))) return text
  const added: string[] = []
  for (const word of wanted) {
    if (words.includes(word) || added.includes(word)) continue
    const place = words.findIndex((other) => nameOf(other) === nameOf(word) && !wanted.includes(other))
    if (place === -1 || nameOf(word) === 'console') added.push(word)
    else words[place] = word
  }
  return [[...words, ...added].join(' '), ...(rest.length === 0 ? [''] : rest)].join('\n')
}

function split(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function nameOf(word: string): string {
  return word.split('=', 1)[0] ?? word
}
