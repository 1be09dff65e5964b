/** A pattern of file or interface names, where `*` is any text and `?` one character; fnmatch(3). */
export function wildcard(pattern: string): RegExp {
  const source = pattern.replace(/[$()*+.?[\\\]^{|}]/g, (sign) => {
    return sign === '*' ? '.*' : sign === '?' ? '.' : '[]'.includes(sign) ? sign : `\\${sign}`
  })
  try {
    return new RegExp(`^${source}$`)
  } catch {
    return /^$/ // a bracket that is not closed
  }
}
