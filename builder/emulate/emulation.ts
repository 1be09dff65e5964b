import { type LayeredCard, stageBoot } from './boot-partition.js'
import { type Console, type GuestEnd, runGuest } from './guest.js'
import { type Machine, qemuArguments } from './machine.js'
import type { NodeNetwork } from './networks.js'
import type { Switch } from './switch.js'

export interface EmulationInput {
  /** For messages. */
  readonly label: string
  readonly card: LayeredCard
  readonly machine: Machine
  readonly kvm: boolean
  /** MiB. */
  readonly memory: number
  readonly processors: number
  readonly network: NodeNetwork
  readonly lan: Switch
  /** For the kernel and other files of this run. */
  readonly folder: string
  /** A file for the output of the console. */
  readonly log: string
  readonly console: Console
  readonly keys: boolean
  readonly stop: AbortSignal
  /** Reports what happens to the node. */
  readonly say: (text: string) => void
}

/**
 * Boots a card. At each reboot it reads the boot partition again, as a board does.
 * @returns how it finally ended
 */
export async function emulateCard(input: EmulationInput): Promise<Exclude<GuestEnd, 'reboot'>> {
  for (let boot = 1; ; boot++) {
    const end = await bootOnce(input, boot)
    if (end !== 'reboot') return end
    input.say('the node reboots')
  }
}

async function bootOnce(input: EmulationInput, boot: number): Promise<GuestEnd> {
  const { card, machine, folder } = input
  const { contents, paths } = await stageBoot(card, machine, folder)
  const { before, after } = contents.commandLine
  input.say(`boot ${boot}: ${contents.kernelName}; cmdline.txt ${changedWords(before, after)}`)
  const args = qemuArguments({ ...input, ...paths, layer: card.layer, commandLine: after })
  return await runGuest({ ...input, args })
}

/** What is changed for the machine, and that nothing else is. */
function changedWords(before: string, after: string): string {
  const wanted = after.split(' ')
  const changes = before.split(' ').flatMap((word, index) => {
    const now = wanted[index] ?? ''
    return now === word ? [] : [`${now} instead of ${word}`]
  })
  return changes.length === 0 ? 'unchanged' : `with ${changes.join(', ')}, otherwise unchanged`
}
