import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { StepError } from '../errors.js'
import { partialName, isLeftover } from '../host/owner.js'
import { report } from '../host/report.js'
import { clearUp, type Command, inherited, run, runAsFilter } from '../host/run.js'
import type { Tool } from '../host/tools.js'
import type { Card, Order, Phase } from './order.js'
import { packOrder } from './order-tar.js'

/** Where the container engine is, and what its user has set. */
const settings = [
  'HOME',
  'XDG_RUNTIME_DIR',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_CONFIG',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_BUILDKIT',
  'CONTAINER_HOST',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

/** A command of the container engine. */
export function containerCommand(tool: Tool, step: string, args: readonly string[]): Command {
  return { tool, args, step, env: inherited(settings) }
}

/** Docker, or Podman in its place, and piimg's image in it. */
export interface ContainerEngine {
  readonly tool: Tool
  /** The image's tag. */
  readonly image: string
  /** What this engine's computer enforces besides capabilities: `apparmor`, `selinux`; and `rootless`, where its root is the user. */
  readonly guards: readonly string[]
}

/**
 * All privileges of the container. `docs/loop-engine.md` gives the reason for each, and a test removes each in turn.
 * Never `--privileged`.
 */
export const privileges = [
  '--cap-drop=ALL',
  // To mount.
  '--cap-add=SYS_ADMIN',
  // To make the nodes of loop devices: /dev of a container has none.
  '--cap-add=MKNOD',
  // To read and write files of every owner, in the image and outside: the card's file is the user's.
  '--cap-add=DAC_OVERRIDE',
  // To give files their owners.
  '--cap-add=CHOWN',
  // To give files of other owners their modes and times.
  '--cap-add=FOWNER',
  // To keep the set-group-ID bit of files of other groups.
  '--cap-add=FSETID',
] as const

/** To ask which loop device is free, and to use it: 7 is the major number of loop devices. */
export const devices = ['--device=/dev/loop-control', '--device-cgroup-rule=b 7:* rwm'] as const

/** What a container's program says, a line of JSON each. */
export type Message =
  | { readonly phase: Phase }
  | { readonly note: string }
  | { readonly done: true }
  | { readonly failure: { readonly step: string; readonly reason: string; readonly hint?: string } }

/**
 * Writes an order into a card's image in a container, which mounts its partitions there. The order goes in by a pipe
 * that stays open: when it closes before the end (this program was killed), the container ends, and with it every
 * mount and loop device in it.
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
    // Where the engine's computer has no such devices, or gives none away, no container starts with them.
    if (!(error instanceof StepError) || !/loop-control|device.cgroup/.test(error.failure.reason)) throw error
    await attempt([])
  }
}

/** Runs a container under a new name; when that fails, nothing of it stays. */
export async function withName<T>(tool: Tool, work: (name: string) => Promise<T>): Promise<T> {
  const name = newName()
  try {
    return await work(name)
  } catch (error) {
    await removeContainer(tool, name)
    throw error
  }
}

/** One that was stopped between its making and its start does not go by itself; or it is just being made. */
async function removeContainer(tool: Tool, name: string): Promise<void> {
  const args = ['rm', '--force', '--volumes', name]
  for (let tries = 0; tries < 3; tries++) {
    const said = await clearUp(containerCommand(tool, `remove ${name}`, args))
    if (!/no such container/i.test(said)) return
    await delay(200)
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

/** What every container of piimg is started with. Nothing that it prints is kept: it may be a whole image. */
export function runWords(name: string): string[] {
  const about = ['--rm', '--interactive', '--pull=never', '--log-driver=none', `--name=${name}`]
  return ['run', ...about, '--read-only', '--tmpfs=/tmp']
}

/** As fields of CSV, in which a folder's name may have commas. */
export function bindMount(source: string, target: string): string {
  const quoted = (field: string) => `"${field.replaceAll('"', '""')}"`
  return `--mount=type=bind,${quoted(`src=${source}`)},${quoted(`dst=${target}`)}`
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
  throw new StepError({ step: `write ${card.name} in a container`, reason: 'it ended in the middle' })
}

/** Docker's own AppArmor profile denies every mount. */
function unlock(guards: readonly string[]): string[] {
  return [
    ...(guards.includes('apparmor') ? ['--security-opt=apparmor=unconfined'] : []),
    ...unlockFolders(guards),
  ]
}

/** SELinux denies folders of the user. */
export function unlockFolders(guards: readonly string[]): string[] {
  return guards.includes('selinux') ? ['--security-opt=label=disable'] : []
}

function parseMessage(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message
  } catch {
    return undefined
  }
}

const namePrefix = 'piimg'

/** A new name for a container; it tells its owner. */
export function newName(): string {
  return `${namePrefix}${partialName()}`
}

/** Removes the containers that killed runs of this computer have left. */
export async function removeDeadContainers(tool: Tool): Promise<void> {
  const step = 'look for containers of killed builds'
  const args = ['ps', '--all', '--format', '{{.Names}}', '--filter', `name=${namePrefix}`]
  const { stdout } = await run(containerCommand(tool, step, args))
  const dead = stdout
    .split('\n')
    .filter((name) => name.startsWith(namePrefix) && isLeftover(name.slice(namePrefix.length)))
  if (dead.length === 0) return
  report.debug(`removing ${dead.join(', ')}`)
  const removal = containerCommand(tool, step, ['rm', '--force', '--volumes', ...dead])
  await run({ ...removal, exitCodes: [0, 1] })
}
