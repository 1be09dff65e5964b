import { createInterface } from 'node:readline'
import { StepError } from '../errors.js'
import { type Command, inherited, runAsFilter } from '../host/run.js'
import {
  bindMount,
  containerCommand,
  type ContainerEngine,
  runWords,
  unlockFolders,
  withName,
} from './container.js'
import type { Card, Order, Phase } from './order.js'
import { packOrder } from './order-tar.js'

/**
 * All privileges of the container. `docs/loop-engine.md` gives the reason for each, and a test removes each in turn.
 * Never `--privileged`.
 */
export const privileges = [
  '--cap-drop=ALL',
  // To mount.
  '--cap-add=SYS_ADMIN',
  // To create the nodes of loop devices, which are missing in /dev of a container.
  '--cap-add=MKNOD',
  // To read and write files of every owner, in the image and outside: the card's file belongs to the user.
  '--cap-add=DAC_OVERRIDE',
  // To give files their owners.
  '--cap-add=CHOWN',
  // To give files of other owners their modes and times.
  '--cap-add=FOWNER',
  // To keep the set-group-ID bit of files of other groups.
  '--cap-add=FSETID',
] as const

/** To request a free loop device, and to use it: 7 is the major number of loop devices. */
export const devices = ['--device=/dev/loop-control', '--device-cgroup-rule=b 7:* rwm'] as const

/** A message of the container's program; each is a line of JSON. */
export type Message =
  | { readonly phase: Phase }
  | { readonly note: string }
  | { readonly done: true }
  | { readonly failure: { readonly step: string; readonly reason: string; readonly hint?: string } }

/**
 * Writes an order into a card's image in a container, which mounts its partitions there. The order is sent through a
 * pipe that stays open. When the pipe closes early because this program was killed, the container ends, and its mounts
 * and loop devices with it.
 * @throws {StepError}
 */
export async function writeInContainer(
  engine: ContainerEngine,
  card: Card,
  order: Order,
  onMessage: (message: Message) => void,
): Promise<void> {
  onMessage({ phase: 'start' })
  const tar = await packOrder(card, order)
  const attempt = async (given: readonly string[]): Promise<void> => {
    await withName(engine.tool, (name) =>
      runContainer(card, tar, runCommand(engine, { name, card, given }), onMessage),
    )
  }
  try {
    await attempt(devices)
  } catch (error) {
    // If the engine's computer has no such devices, or does not allow them, no container starts with this option.
    if (!(error instanceof StepError) || !/loop-control|device.cgroup/.test(error.failure.reason)) throw error
    await attempt([])
  }
}

function runCommand(
  { tool, image, guards }: ContainerEngine,
  { name, card, given }: { readonly name: string; readonly card: Card; readonly given: readonly string[] },
): Command {
  const isForced = inherited(['PIIMG_SHARED_FOLDER'])['PIIMG_SHARED_FOLDER'] === 'yes'
  return containerCommand(tool, `write ${card.name} in a container`, [
    ...runWords(name),
    ...['--network=none', '--user=0:0', ...privileges, ...given, ...unlock(guards)],
    bindMount(card.folder, '/card'),
    '--mount=type=volume,dst=/scratch',
    ...(isForced ? ['--env=PIIMG_SHARED_FOLDER=yes'] : []),
    ...[image, 'apply'],
  ])
}

async function runContainer(
  card: Card,
  tar: Buffer,
  command: Command,
  onMessage: (message: Message) => void,
): Promise<void> {
  const { stdin, stdout, end } = runAsFilter(command)
  stdin.write(`${tar.length}\n`)
  stdin.write(tar)
  const last: Message[] = []
  const lines = (async () => {
    for await (const line of createInterface({ input: stdout })) {
      const message = parseMessage(line)
      if (message === undefined) continue
      if ('done' in message || 'failure' in message) {
        last.push(message)
        stdin.end()
      } else onMessage(message)
    }
  })()
  const [ended] = await Promise.allSettled([end, lines])
  const [message] = last
  if (message !== undefined && 'failure' in message) throw new StepError(message.failure)
  if (ended.status === 'rejected') throw ended.reason
  if (message !== undefined) return
  throw new StepError({ step: `write ${card.name} in a container`, reason: 'it ended early' })
}

/** Docker's default AppArmor profile denies every mount. */
function unlock(guards: readonly string[]): string[] {
  return [
    ...(guards.includes('apparmor') ? ['--security-opt=apparmor=unconfined'] : []),
    ...unlockFolders(guards),
  ]
}

function parseMessage(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message
  } catch {
    return undefined
  }
}
