/** Where piimg works. Made once, in `main.ts`, and handed down: nothing else asks the process where it is. */
export interface Place {
  /** The folder of the cluster, absolute; what is typed as a relative path is relative to it. */
  readonly folder: string
  /** The environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The user's home directory, absolute. */
  readonly home: string
}
