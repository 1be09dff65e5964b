const most = 1000

/** `node2..node9` as eight names; any other text as it is. Undefined for an invalid range. */
export function expandHostnames(text: string): string[] | undefined {
  const [, name, from, to] = /^([^.]*?)(\d+)\.\.\1(\d+)$/.exec(text) ?? []
  if (name === undefined || from === undefined || to === undefined)
    return text.includes('..') && !text.includes('/') ? undefined : [text]
  const count = Number(to) - Number(from) + 1
  const isPadded = (digits: string) => digits.length > 1 && digits.startsWith('0')
  if (count < 1 || count > most || ((isPadded(from) || isPadded(to)) && from.length !== to.length))
    return undefined
  return Array.from({ length: count }, (_, index) => {
    return `${name}${String(Number(from) + index).padStart(from.length, '0')}`
  })
}

/** The inverse: `master node2..node4 web1`. Names that are no number apart stay as they are. */
export function rangesOf(names: readonly string[]): string {
  const ranges: { first: string; last: string }[] = []
  for (const name of names) {
    const range = ranges.at(-1)
    if (range !== undefined && name === successor(range.last)) range.last = name
    else ranges.push({ first: name, last: name })
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}..${last}`)).join(' ')
}

/** node3 of node2, node10 of node9, node03 of node02. */
function successor(name: string): string {
  return name.replace(/\d+$/, (digits) => String(Number(digits) + 1).padStart(digits.length, '0'))
}
