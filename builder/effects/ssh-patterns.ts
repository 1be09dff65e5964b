/** ssh_config(5), PATTERNS: a list with commas; one `!` that fits excludes. */
export function listFits(list: string, names: readonly string[]): boolean {
  const patterns = list.split(',')
  if (patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1), names))) return false
  return patterns.some((pattern) => fits(pattern, names))
}

/** Whether a pattern with `*` and `?` is one of the names. */
export function fits(pattern: string, names: readonly string[]): boolean {
  if (!/[*?]/.test(pattern)) return names.includes(pattern)
  const text = pattern
    .replace(/[^\w*?]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
  return names.some((name) => new RegExp(`^${text}$`).test(name))
}
