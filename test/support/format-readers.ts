/**
 * Readers of the formats that templates write, made from the formats' own descriptions and not from builder/plan/quote.ts.
 * Each takes the text of the file, and returns the value that the program sees.
 */
export const readers = {
  keyfile: readKeyfile,
  keyfileSsid: readKeyfileSsid,
  shell: readShellWord,
  systemdExec: (text: string) => readSystemd(text, true),
  systemdList: (text: string) => readSystemd(text, false),
  sshd: readSshd,
  wpaPassphrase: readWpaPassphrase,
  wpaSsid: readWpaSsid,
}

/** GKeyFile: ASCII spaces before the value do not count; `\s \n \t \r \\` are escapes, any other one is an error. */
function readKeyfile(text: string): string {
  return text.replace(/^[ \t\n\v\f\r]+/, '').replace(/\\(.?)/gsu, (_, letter: string) => {
    const meaning = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' }[letter]
    if (meaning === undefined) throw new Error(`invalid escape sequence \\${letter}`)
    return meaning
  })
}

/** NetworkManager takes a list of bytes, `72;105;`, for bytes, and anything else for a string. */
function readKeyfileSsid(text: string): string {
  if (!/^\s*(\d{1,3}\s*;\s*)*\d{1,3}\s*;?\s*$/.test(text)) return readKeyfile(text).replaceAll('\\;', ';')
  const bytes = text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map(Number)
  return Buffer.from(bytes).toString()
}

/** POSIX, 2.2 "Quoting": within '…' all is as it is; outside, a backslash quotes one character. */
function readShellWord(text: string): string {
  let word = ''
  for (let rest = text; rest !== '';) {
    const [all = '', inside, single] = /^'([^']*)'|^\\(.)/su.exec(rest) ?? []
    if (all === '') throw new Error(`unquoted: ${rest}`)
    word += inside ?? single ?? ''
    rest = rest.slice(all.length)
  }
  return word
}

/** systemd.syntax(7), "Quoting"; then specifiers (%), and in Exec lines variables ($). */
function readSystemd(text: string, isExec: boolean): string {
  const [, body] = /^"((?:[^"\\]|\\.)*)"$/su.exec(text) ?? []
  if (body === undefined) throw new Error('not one quoted word')
  const unescaped = body.replace(/\\(.)/gsu, (_, letter: string) => {
    if (!'"\'\\'.includes(letter)) throw new Error(`an escape that is not needed: ${letter}`)
    return letter
  })
  const once = (letter: string) => (part: string) => {
    if (part !== letter.repeat(2)) throw new Error(`${letter} alone would be replaced`)
    return letter
  }
  const specified = unescaped.replace(/%./gsu, once('%'))
  if (specified.endsWith('%') && !unescaped.endsWith('%%')) throw new Error('% alone')
  return isExec ? specified.replace(/\$.?/gsu, once('$')) : specified
}

/** OpenSSH since 8.7, argv_split(): in "…", `\"`, `\'` and `\\` stand for the second character. */
function readSshd(text: string): string {
  const [, body] = /^"((?:[^"\\]|\\.)*)"$/su.exec(text) ?? []
  if (body === undefined) throw new Error('not one quoted argument')
  return body.replace(/\\(["'\\])/g, '$1')
}

/** wpa_supplicant since 2.10: from a # behind the second quote on, the line is a comment; the last quote ends the value. */
function readWpaPassphrase(text: string): string {
  if (!text.startsWith('"')) return text
  const [, quoted = '', rest = ''] = /^("[^"]*"?)(.*)$/su.exec(text) ?? []
  const line = quoted + rest.split('#', 1).join('').trimEnd()
  const end = line.lastIndexOf('"')
  if (end === 0) throw new Error('invalid quotation')
  return line.slice(1, end)
}

function readWpaSsid(text: string): string {
  if (!/^([0-9a-f]{2})+$/.test(text)) throw new Error('not hex')
  return Buffer.from(text, 'hex').toString()
}
