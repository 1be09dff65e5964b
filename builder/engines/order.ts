import type { Partition } from '../model/partition.js'
import type { BootEntry, Plan } from '../model/plan.js'
import type { BootStep, Step } from '../model/step.js'

/** What is written into. */
export interface Card {
  /** A folder with mode 0700; secrets are staged in it. */
  readonly folder: string
  /** The image's file: its name in the folder, or a path, without characters that need quoting. */
  readonly image: string
  /** For messages. */
  readonly name: string
  readonly boot: Partition
  readonly root: Partition
  /** Seconds since 1970: the time of all that is written. */
  readonly builtAt: number
}

/** What is being done to a card: `start` a container, `attach` a device and mount, write, or check. */
export type Phase = 'start' | 'attach' | 'write' | 'check'

/** Everything that is written into one card. */
export interface Order {
  /** Size in bytes to which the root partition grows first; undefined: it does not grow. */
  readonly rootSize?: number
  readonly boot: readonly BootStep[]
  readonly root: readonly Step[]
}

export function orderOf({ boot, rootSize }: Plan, root: readonly Step[]): Order {
  return { ...(rootSize === undefined ? {} : { rootSize }), boot: boot.map(bootStep), root }
}

function bootStep(entry: BootEntry): BootStep {
  const { path } = entry
  return entry.kind === 'file' ? { do: 'write', path, content: entry.content } : { do: 'remove', path }
}
