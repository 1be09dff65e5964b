/** A `key=value` of a file in sections, as GLib and systemd read it: GLib, "Key-value file parser"; systemd.syntax(7). */
export interface KeyfileValue {
  readonly section: string
  readonly key: string
  readonly value: string
  /** Counted from 1. */
  readonly line: number
}

export function keyfileValues(text: string): KeyfileValue[] {
  let section = ''
  return text.split('\n').flatMap((line, index) => {
    section = sectionIn(line) ?? section
    const [, key, value] = /^\s*([^\s#;[=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    return key === undefined || value === undefined ? [] : [{ section, key, value, line: index + 1 }]
  })
}

/** The value of a key; of several the last one counts. */
export function keyfileValue(
  values: readonly KeyfileValue[],
  section: string,
  ...keys: readonly string[]
): string | undefined {
  return values.findLast((value) => value.section === section && keys.includes(value.key))?.value
}

/** The section that a line begins. */
export function sectionIn(line: string): string | undefined {
  return /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1]
}

/** A switch of NetworkManager, as it reads 0, no, false and off. */
export function isOff(value: string | undefined): boolean {
  return value !== undefined && /^(0|no|false|off)$/i.test(value)
}
