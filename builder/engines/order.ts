import type { Partition } from '../model/partition.js'
import type { BootEntry, Plan } from '../model/plan.js'
import type { BootStep, Step } from '../model/step.js'

/** What is written into. */
export interface Card {
  /** A folder that only this user can enter; secrets are staged in it. */
  readonly folder: string
  /** The image's file: its name in the folder, or a path, where no character needs quoting. */
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

/** All that is to be written into one card. */
export interface Order {
  /** Bytes that the root partition grows to before all else; not given: it stays as it is. */
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
