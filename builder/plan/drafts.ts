import type { PartitionName } from '../model/overlay.js'
import type { Owner } from '../model/plan.js'
import type { Origin } from '../model/problem.js'

export interface Place {
  readonly partition: PartitionName
  readonly path: string
  readonly origins: readonly Origin[]
  /** The overlay that made it, or the last one that changed it. */
  readonly overlay: string
}

export interface Ownership {
  readonly mode: number
  readonly owner: Owner
}

/** The state of one path after the overlays so far. */
export type Draft = Place &
  (
    | ({ readonly kind: 'file'; readonly content: Buffer } & Ownership)
    | ({ readonly kind: 'directory' } & Ownership)
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'removal' }
    | { readonly kind: 'move'; readonly to: string }
  )

/** What was read and written while `Drafts.watch` ran. */
export interface Watched {
  /** By key, what was there before. */
  readonly seen: Map<string, Draft | undefined>
  readonly made: Map<string, Draft>
  /** The moves, if they were asked for. */
  moves?: readonly Draft[]
}

/** The drafts of one node by `boot/…` and `root/…`. */
export class Drafts {
  readonly #all = new Map<string, Draft>()
  #watched: Watched | undefined

  get(key: string): Draft | undefined {
    const draft = this.#all.get(key)
    const watched = this.#watched
    if (watched !== undefined && !watched.made.has(key) && !watched.seen.has(key))
      watched.seen.set(key, draft)
    return draft
  }

  set(key: string, draft: Draft): void {
    this.#all.set(key, draft)
    this.#watched?.made.set(key, draft)
  }

  moves(): readonly (Draft & { kind: 'move' })[] {
    const moves = [...this.#all.values()].filter((draft) => draft.kind === 'move')
    if (this.#watched !== undefined) this.#watched.moves ??= moves
    return moves
  }

  keys(): string[] {
    return [...this.#all.keys()]
  }

  /** What `run` reads and writes; what runs inside is watched by both. */
  watch(run: () => void): Watched {
    const outer = this.#watched
    const watched: Watched = { seen: new Map(), made: new Map() }
    this.#watched = watched
    run()
    this.#watched = outer
    if (outer !== undefined) addTo(outer, watched)
    return watched
  }
}

function addTo(outer: Watched, { seen, made, moves }: Watched): void {
  for (const [key, draft] of seen)
    if (!outer.made.has(key) && !outer.seen.has(key)) outer.seen.set(key, draft)
  for (const [key, draft] of made) outer.made.set(key, draft)
  if (moves !== undefined) outer.moves ??= moves
}
