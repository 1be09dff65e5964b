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
