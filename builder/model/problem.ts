/** Where a value or a problem comes from, as a user would look for it. */
export interface Origin {
  /** A file's path, or a word such as `command line`, `default`, `base image`. */
  readonly file: string
  /** Counted from 1. */
  readonly line?: number
  /** The section and key of an INI file, an option, a path in an image. */
  readonly key?: string
  /** Whether it is one of piimg's own files: its reader has nothing to change there. */
  readonly isShipped?: boolean
  /** For files of overlays: the place relative to the overlays folder, the same on every computer. */
  readonly inOverlay?: string
}

/** @param key an option or an argument, as it is typed */
export function commandLine(key: string): Origin {
  return { file: 'command line', key }
}

/** One problem: where, what, and a hint. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly where: Origin
  /** One sentence; never contains a secret. */
  readonly what: string
  readonly hint?: string
}

/** The first of these places that its reader can change; undefined where all are in piimg's own files. */
export function changeable(...places: readonly Origin[]): Origin | undefined {
  return places.find(({ isShipped }) => isShipped !== true)
}

/** @param hint none where only the reader can know what to do */
export function error(where: Origin, what: string, hint?: string): Problem {
  return { severity: 'error', where, what, ...(hint === undefined ? {} : { hint }) }
}

export function warning(where: Origin, what: string, hint?: string): Problem {
  return { ...error(where, what, hint), severity: 'warning' }
}
