/** What `.piimg/` remembers of the cluster of a folder; each part is written once. */
export interface ClusterState {
  /** A UUID that the UUIDs of connections follow from. */
  readonly id: string
  /** Seconds since 1970, of the first build: the time of every file that is written. */
  readonly builtAt: number
  /** The cluster's own login key, where the user has none. */
  readonly loginKey?: { readonly publicKey: string; readonly privateKey: string }
}
