import type { SshKey } from './ssh/ssh-key.js'

/** What `.piimg/` remembers of the cluster of a folder; each part is written once and then kept. */
export interface ClusterState {
  /** A UUID that the UUIDs of connections follow from. */
  readonly id: string
  /** Seconds since 1970, of the first build: the time of every file that is written. */
  readonly builtAt: number
  /** The certificate authority, from which the keys of all nodes follow. */
  readonly authority: SshKey
  /** How often a secret was replaced, by `OVERLAY/VARIABLE`; not those that never were. */
  readonly generations: Readonly<Record<string, number>>
  /** The cluster's own login key, where the user has none. */
  readonly loginKey?: SshKey
}

/** The same as found on disk: incomplete for a cluster whose cards were built before piimg had authorities. */
export type SavedState = Omit<ClusterState, 'authority'> & { readonly authority?: SshKey }
